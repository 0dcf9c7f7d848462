"""How good or bad the photos are that photograph.py makes: strengths and chances of everything that happens to them.

A reader is as good as the pages that it was tried on. MILD is a decent phone photo of a page written with care;
HARD one that a person still reads easily and a program may not; ANY, for training, a broad mix from clean scans
to worse than HARD.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

Range = tuple[float, float]  # least and most
PAPER_AND_INK = ("grain", "print_through", "dust", "unevenness", "dry_pen")
LIGHT_AND_CAMERA = ("falloff", "shadow", "cast", "slope", "perspective", "noise")


@dataclass(frozen=True)
class Conditions:
    """Strengths and chances of everything. A range is drawn from evenly; a single number is the most there is.

    Lengths are in heights of a small x of this page (x_heights) where nothing else is said; chances from 0 to 1.

    The page: `x_height` in pixels; `pen` its width, `touching` the share of neighbours within words that touch;
    `one_style` of text a page, or one for each line; `boxed` the chance of a printed box around each letter.
    The paper: `papers` the kinds ('white', 'cream', 'brown', 'grey') among which it is chosen; `grain` of its
    brightness; `ruled`, `squared`, `margin_line` the chances of such print, `darkest` how dark it is at most, beside
    the ink; `print_through` the chance of another text seen from behind; `dust` specks on an area of 1000 square
    x_heights.
    The ink: `contrast` how much darker than its paper (1: black); `unevenness` how much of it may be missing here
    and there; `dry_pen` the chance of a pen that leaves gaps, in about every fourth stroke.
    The light: `falloff` how much darker the darkest corner is (0.2: by 20%); `shadow` the chance of a shadow's
    edge; `cast` how much redder or bluer than white; `exposure` factors of brightness.
    The camera: `slope` of the lines in degrees, either way; `perspective` how much larger one side is than the
    other; `blur` the standard deviation; `noise` standard deviation in grey levels of 255; `jpeg` quality.
    All together: `easiest` is the share of paper's, light's and camera's strengths that the easiest page has (1:
    all pages have all).
    """

    x_height: Range = (14, 40)
    pen: Range = (0.10, 0.20)
    touching: float = 0.0
    one_style: bool = True
    boxed: float = 0.0
    papers: tuple[str, ...] = ("white",)
    grain: float = 0.0
    ruled: float = 0.0
    squared: float = 0.0
    margin_line: float = 0.0
    darkest: float = 0.8
    print_through: float = 0.0
    dust: float = 0.0
    contrast: Range = (0.8, 0.8)
    unevenness: float = 0.0
    dry_pen: float = 0.0
    falloff: float = 0.0
    shadow: float = 0.0
    cast: float = 0.0
    exposure: Range = (1.0, 1.0)
    slope: float = 0.0
    perspective: float = 0.0
    blur: Range = (0.0, 0.0)
    noise: float = 0.0
    jpeg: Range = (95, 95)
    easiest: float = 1.0

    def eased(self, share: float) -> Conditions:
        """The same with a share (0 to 1) of the strengths that come from paper, light and camera."""
        low, high = self.exposure
        return replace(
            self,
            **{name: share * getattr(self, name) for name in PAPER_AND_INK + LIGHT_AND_CAMERA},
            exposure=(1 + share * (low - 1), 1 + share * (high - 1)),
            blur=(share * self.blur[0], share * self.blur[1]),
            jpeg=(95 + share * (self.jpeg[0] - 95), self.jpeg[1]),
        )


WHITE, CREAM, DULL = ("white",), ("cream",), ("brown", "grey")

# What each is under MILD, under HARD and under ANY.
TABLE: dict[str, tuple[Any, Any, Any]] = {
    "pen": ((0.09, 0.20), (0.08, 0.33), (0.07, 0.35)),
    "touching": (0.0, 0.2, 0.12),
    "one_style": (True, True, False),
    "boxed": (0.0, 0.25, 0.1),
    "papers": (2 * WHITE + CREAM, WHITE + CREAM + DULL, 3 * WHITE + CREAM + DULL),
    "grain": (0.015, 0.04, 0.05),
    "ruled": (0.0, 0.4, 0.25),
    "squared": (0.0, 0.35, 0.15),
    "margin_line": (0.0, 0.3, 0.2),
    "print_through": (0.0, 0.35, 0.25),
    "dust": (0.3, 2.0, 2.5),
    "contrast": ((0.55, 0.9), (0.48, 0.85), (0.4, 0.9)),
    "unevenness": (0.15, 0.35, 0.4),
    "dry_pen": (0.0, 0.3, 0.2),
    "falloff": (0.2, 0.4, 0.5),
    "shadow": (0.0, 1.0, 0.5),
    "cast": (0.06, 0.15, 0.2),
    "exposure": ((0.85, 1.05), (0.65, 1.2), (0.55, 1.3)),
    "slope": (3.0, 12.0, 13.0),
    "perspective": (0.04, 0.12, 0.15),
    "blur": ((0.0, 1 / 15), (0.03, 1 / 8), (0.0, 1 / 7)),
    "noise": (2.5, 7.0, 10.0),
    "jpeg": ((80, 95), (40, 40), (30, 98)),
    "easiest": (1.0, 1.0, 0.0),
}
MILD, HARD, ANY = (Conditions(**dict(zip(TABLE, column))) for column in zip(*TABLE.values()))
PRESETS = {"mild": MILD, "hard": HARD, "any": ANY}
