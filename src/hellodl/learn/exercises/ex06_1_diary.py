r"""6.1 Ask the diary

Ask the diary which trial of all had the best accuracy on what was kept back, and at which learning rate. Write
`best_trial(connection)`, which asks an SQLite connection, and returns the program, the rate and the accuracy. (SQLite
reads JSON: `json_extract(settings, '$.learning_rate')`.)

Hint: Join the tables, `from runs join validation on runs.id = validation.run`, sort by accuracy with `order by ...
desc` and keep one row with `limit 1`. `connection.execute(question).fetchone()` returns it.
"""

import sqlite3

from hellodl.learn.asking import Own
from hellodl.runs.tables import SCHEMA


def best_trial(connection):
    """Program, learning rate and accuracy of the run that was best at any time."""
    question = """
        select program, json_extract(settings, '$.learning_rate'), accuracy
        from runs join validation on runs.id = validation.run order by accuracy desc limit 1
    """
    return connection.execute(question).fetchone()


def check(own: Own) -> None:
    """A diary of four runs, whose best is neither the first, nor the last, nor best in the end."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    runs = {
        "grid": (0.003, [0.2, 0.7]),
        "random": (0.01, [0.4, 0.91, 0.6]),
        "slow": (0.0001, [0.1, 0.3]),
        "none": (9.0, []),
        "last": (0.02, [0.5, 0.8]),
    }
    columns = "program, started, status, seen, settings, versions, machine"
    add = f"insert into runs ({columns}) values (?, '', '', '', ?, '', '')"
    for number, (program, (rate, accuracies)) in enumerate(runs.items(), 1):
        connection.execute(add, (program, f'{{"learning_rate": {rate}, "seed": 7}}'))
        rows = [(number, step, accuracy) for step, accuracy in enumerate(accuracies)]
        connection.executemany("insert into validation (run, step, accuracy) values (?, ?, ?)", rows)
    answer = own.ask("best_trial", connection)
    connection.close()
    there = isinstance(answer.value, tuple | list) and len(answer.value) == 3
    answer.is_true(there, "program, rate and accuracy", f"{answer.value!r}")
    answer.is_true(tuple(answer.value) == ("random", 0.01, 0.91), "('random', 0.01, 0.91)", f"{answer.value!r}")
