"""From an empty file: fourteen steps in which readers write an engine of their own, in a folder of their own.

    steps                          the fourteen, their texts (`track/`), and the milestones between them
    folder                         starts a reader's folder, keeps the progress there, knows what comes next
    process -> trial -> checks     a step's file is tried in a fresh process, which asks it questions (`asking`)
    process -> trial -> milestones and so runs something real on the reader's own engine
    process -> trial -> exercises  tries the chapters' exercises in the same way; in notebooks `exercises.check` does
    report                         a table over the folders of a class

What is tried is what the reader wrote and nothing else: neither checks nor milestones use hellodl's tensors or layers,
and those files cannot import them. (Exercises may: they are about what the chapters made.) `hellodl learn` (in
`commands`) is how one types it.
"""
