"""Made pages: handwriting that nobody wrote, photographed by a camera that does not exist, with its truth.

    phrases -> layout -> paper -> camera -> photograph

`hands` writes in the built-in ink, `writers` as UNIPEN's people do, `touching` makes neighbours touch, `marks` crosses
out and underlines; `letter` is what a learned pen wrote, and `penned` a page of it; `conditions` says how bad the photo
may get. Readers are trained and tried on such pages.
"""
