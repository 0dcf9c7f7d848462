"""The programs of the course: short straight lines from data to something learned, each to be read aloud.

    three_or_seven, digits, letters, reader, text, splice, demo

Here is what they lean on, too: `learning` (for images), `schoolbook` (pages to learn reading from), `recipes` (what
suits each network of `text`), `junctions` (what `splice` says of what it learned), `recorded` (a training from its
first line in the run log to the model file). `hellodl train` and `hellodl demo` run them.
"""
