"""The commands of `hellodl`: one file each, with `add_arguments(parser)` and `main(options) -> int`.

`cli` is the table of them all, and of the programs that learn (`programs/`). What commands share lies beside them:
`arguments` (numbers, checked), `show` (pictures drawn with characters), `language` (who knows the language of a page),
`truth` (a page whose text is known). Commands parse, call, print; the work is done on the floors below.
"""
