"""The page: draw a character and watch a network read it, read photos, teach it one's hand, watch training runs.

Everything that the page does exists elsewhere in hellodl. Here is what it takes to do that for a browser: a server
(FastAPI on uvicorn, the optional extra `web`) that trusts nobody but the page it sends out itself.

    serve      the program `hellodl web`: address, options, the server's life
    app        the table of addresses, and who answers; `address` is one of its rows
    accepted   what may be asked, with types and limits; `refusals` says what becomes of the rest, and of errors
    answers    what goes back; `shapes` describes it, which with `accepted` makes /openapi.json
    safety     who may ask at all, and how long or large a question may be; `patience` closes on those who dawdle
    desks      how much is done at once, and what has to wait
    readers    the networks behind the page; `static` are its own files
    draw, photo, lessons, watch, writing      the five things that the page is for
"""
