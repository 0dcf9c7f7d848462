"""The networks that come with hellodl: their shapes in `networks`, and weights that were learned, each with its card.

A .safetensors file describes its own model, so it is used by its name alone: `hellodl evaluate letters`.
"""

from pathlib import Path

MODELS = Path(__file__).resolve().parent


def find_model(name: str) -> Path:
    """The file of that name; else the model of that name that comes with hellodl."""
    shipped = MODELS / f"{name}.safetensors"
    return shipped if not Path(name).exists() and shipped.exists() else Path(name)
