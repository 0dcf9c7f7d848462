"""The reliability diagram: how sure a model said it was, and how often it was right then.

An honest model's bars reach the dashed line. Where they stay below, it boasts; above, it is too modest. The grey bars
under them say how many answers were given with so much confidence.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from hellodl.nn.calibration import Bin

SIDE, MARGIN, COUNTS = 420, 60, 110  # pixels: the square, what is around it, the height of the lower bars
FONT = cv2.FONT_HERSHEY_SIMPLEX
BLUE, GREY, BLACK = (170, 110, 40), (170, 170, 170), (40, 40, 40)  # blue-green-red


def reliability_diagram(bins: Sequence[Bin], title: str) -> np.ndarray:
    """The diagram as a picture (H, W, 3) uint8."""
    height, width = SIDE + COUNTS + 3 * MARGIN, SIDE + 2 * MARGIN
    out = np.full((height, width, 3), 255, np.uint8)
    floor, bottom = MARGIN + SIDE, 2 * MARGIN + SIDE + COUNTS
    most = max((b.images for b in bins), default=1)
    for b in bins:
        left, right = MARGIN + round(SIDE * b.low) + 2, MARGIN + round(SIDE * b.high) - 2
        cv2.rectangle(out, (left, floor - round(SIDE * b.accuracy)), (right, floor), BLUE, -1)
        middle = MARGIN + round(SIDE * b.confidence)
        cv2.circle(out, (middle, floor - round(SIDE * b.accuracy)), 4, BLACK, -1, cv2.LINE_AA)
        cv2.rectangle(out, (left, bottom - round(COUNTS * b.images / most)), (right, bottom), GREY, -1)
    for start in range(0, SIDE, 16):
        end = start + 8
        cv2.line(out, (MARGIN + start, floor - start), (MARGIN + end, floor - end), BLACK, 1, cv2.LINE_AA)
    cv2.rectangle(out, (MARGIN, MARGIN), (MARGIN + SIDE, floor), BLACK, 1)
    cv2.line(out, (MARGIN, bottom), (MARGIN + SIDE, bottom), BLACK, 1)
    for share in (0, 0.5, 1):
        at = round(SIDE * share)
        write(out, f"{share:.0%}", (MARGIN + at - 14, floor + 20))
        write(out, f"{share:.0%}", (8, floor - at + 5))
    write(out, title, (MARGIN, MARGIN - 30), 0.6)
    write(out, "right", (MARGIN, MARGIN - 8))
    write(out, "how sure it said it was", (MARGIN + SIDE // 2 - 80, floor + 40))
    write(out, f"answers (most in one bar: {most:,})", (MARGIN, bottom + 22))
    return out


def write(picture: np.ndarray, text: str, corner: tuple[int, int], size: float = 0.45) -> None:
    """Some words, from their lower left corner."""
    cv2.putText(picture, text, corner, FONT, size, BLACK, 1, cv2.LINE_AA)
