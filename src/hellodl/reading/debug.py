"""Look over the reader's shoulder: one picture for each stage of reading a page.

Every stage tells whoever watches what it has done, as a function that draws it; so nothing is drawn when nobody
looks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from hellodl.errors import HelloError

Draw = Callable[[], np.ndarray]  # makes a picture: (H, W) bool, (H, W) float32 darkness or (H, W, 3) uint8
Watcher = Callable[[str, Draw], None]


def nobody(stage: str, draw: Draw) -> None:
    """Does not look."""


class DebugFolder:
    """Writes what each stage shows to DIR/NAME-1-STAGE.png, DIR/NAME-2-STAGE.png and so on."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name, self.count = folder, name, 0

    def __call__(self, stage: str, draw: Draw) -> None:
        """Draw one stage and keep it."""
        self.count += 1
        path = self.folder / f"{self.name}-{self.count}-{stage.replace(' ', '-')}.png"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            done = cv2.imwrite(str(path), as_picture(draw()))
        except (OSError, cv2.error) as error:
            raise HelloError(f"{path}: cannot be written ({error}); choose another --debug-dir") from error
        if not done:
            raise HelloError(f"{path}: cannot be written; choose another --debug-dir")


def as_picture(shown: np.ndarray) -> np.ndarray:
    """What a stage drew, as uint8: ink is black on white."""
    if shown.dtype == np.uint8:
        return shown
    return (255 * (1 - np.clip(shown.astype(np.float32), 0, 1)) + 0.5).astype(np.uint8)
