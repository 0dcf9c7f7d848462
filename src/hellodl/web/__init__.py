"""The page: draw a character and watch a network read it, read photos, teach it one's hand, watch training runs.

Everything that the page does exists elsewhere in hellodl. Here is what it takes to do that for a browser: a server
(Starlette on uvicorn, the optional extra `web`) that trusts nobody but the page it sends out itself.

    serve      the program `hellodl web`: address, options, the server's life
    app        the table of addresses, and what becomes of errors
    openapi    what may be asked and what is answered, as a description that also checks requests (by `schema`)
    safety     who may ask at all, and how long or large a question may be; `patience` closes on those who dawdle
    desks      how much is done at once, and what has to wait
    draw, photo, lessons, watch, writing      the five things that the page is for
"""
