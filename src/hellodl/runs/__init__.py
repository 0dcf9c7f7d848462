"""What is remembered of a training: runs/hellodl.sqlite3, which anybody's tools may open while it grows.

    statistics, machine -> writer -> tables -> log -> tensorboard

`writer` takes rows in while a training runs, `tables` is the layout on disk, `log` opens, lists and asks, and
`tensorboard` is one way out. Numbers come in as plain arrays: nothing here knows a tensor or a network.
"""
