"""In OpenCV's place in a browser, so that what never calls it can be imported.

hellodl draws strokes without it there (`hellodl.data.without_opencv`); whoever wants more of it is told where to go.
"""

ROTATE_90_CLOCKWISE, ROTATE_180, ROTATE_90_COUNTERCLOCKWISE, FONT_HERSHEY_SIMPLEX = range(4)  # looked up by imports


class error(Exception):
    """What OpenCV raises; it never comes."""


def __getattr__(name: str) -> None:
    raise AttributeError(f"this needs OpenCV's {name}, which is not in the browser: run it on your own machine")
