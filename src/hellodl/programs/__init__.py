"""The programs of the course: short straight lines from data to something learned, each to be read aloud.

    three_or_seven, digits, letters, text, splice, demo        and for photos: finder, then lines

Here is what they lean on, too: `learning` (for images), `clippings` (lines that `finder` found, for `lines` to learn
from), `recipes` (what suits each network of `text`), `junctions` (what `splice` says of what it learned), `recorded` (a
training from its first line in the run log to the model file). `hellodl train` and `hellodl demo` run them.
"""
