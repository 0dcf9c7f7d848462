"""The tables of the run log, what each column means, and how an older file becomes one of today.

The words beside the columns are kept in the file itself: `sqlite3 runs/hellodl.sqlite3 .schema` tells whoever
opens it what he looks at. The tables are an interface: columns may be added, none changes its meaning.
`pragma user_version` is the version of the schema. Whoever writes brings an older file up to date, in one
transaction; whoever only reads leaves it as it is, and sees it through views that have the missing columns.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hellodl.errors import DataError

VERSION = 2

SCHEMA = """
-- Times are UTC, ISO 8601; accuracies and shares are 0 to 1; NULL is "not known", and also stands for NaN.
create table runs (                 -- one row a run
    id integer primary key autoincrement,
    program text not null,          -- what ran, as in `hellodl train PROGRAM`
    started text not null,
    finished text,
    status text not null,           -- 'running', 'finished', 'failed' or 'interrupted'
    seen text not null,             -- when it last wrote
    settings text not null,         -- JSON: all that decides what comes out
    seed integer,
    versions text not null,         -- JSON: of hellodl, Python, NumPy
    source text,                    -- commit of the source
    machine text not null,
    data text,                      -- name of the data set
    fingerprint text,               -- of the data: differs when any image, label or letter differs
    result text,                    -- JSON: what came out in the end
    error text,                     -- what ended it early
    logging_seconds real            -- what keeping this record has cost
);
create table training (             -- one row a step that was logged
    run integer not null references runs on delete cascade,
    step integer not null,          -- batches learned from so far
    epoch real,                     -- times through the data so far
    loss real,                      -- mean over the last steps
    accuracy real,                  -- the same
    learning_rate real,
    images real,                    -- images (or letters) a second
    seconds real,                   -- since the run began
    primary key (run, step)
) without rowid;
create table validation (           -- the same on what was not learned from
    run integer not null references runs on delete cascade,
    step integer not null,
    epoch real,
    loss real,
    accuracy real,
    images real,
    seconds real,
    primary key (run, step)
) without rowid;
create table layers (               -- statistics of one array at one step
    run integer not null references runs on delete cascade,
    step integer not null,
    name text not null,             -- of the weights ('0.weight'), or of the layer that made the activations ('0')
    kind text not null,             -- 'weight', 'gradient', 'activation' (of a few inputs, always the same)
    size integer not null,          -- numbers in it
    mean real,
    spread real,                    -- standard deviation
    low real,
    high real,
    zeros real,                     -- the share of numbers that are exactly 0
    update_ratio real,              -- how far weights moved since the row before, as a share of their length
    histogram text,                 -- JSON: counts in equal bins from low to high (of an even choice, if large)
    step_ratio real,                -- how far this one step moved them, the same way; about 0.001 is usual
    dead real,                      -- the share of units that are 0 for every one of the inputs
    primary key (run, step, name, kind)
) without rowid;
create table kernels (              -- small convolution kernels in full
    run integer not null references runs on delete cascade,
    step integer not null,
    name text not null,
    shape text not null,            -- JSON: (outputs, inputs, height, width)
    data blob not null,             -- float32, little-endian
    primary key (run, step, name)
) without rowid;
create table confusion (            -- how often `truth` was read as `guess`
    run integer not null references runs on delete cascade,
    step integer not null,
    place integer not null,         -- truth * classes + guess, as numbers; count 0 only where they are the same
    truth text not null,
    guess text not null,
    count integer not null,
    part text not null,             -- of the data: 'validation' or 'test'
    primary key (run, step, part, place)
) without rowid;
create table samples (              -- what a few validation inputs, always the same, were taken for
    run integer not null references runs on delete cascade,
    step integer not null,
    input integer not null,         -- its place in the validation part
    truth text not null,
    guess text not null,
    probability real,               -- how sure of the guess
    primary key (run, step, input)
) without rowid;
"""


def table(name: str) -> str:
    """The statement that makes a table of today."""
    begin = SCHEMA.index(f"create table {name} ")
    return SCHEMA[begin : SCHEMA.index(";\n", begin) + 2]


# From each version to the next one: what turns an older file into the schema above.
MIGRATIONS = {
    1: f"""
alter table runs add column logging_seconds real;
alter table layers add column step_ratio real;
alter table layers add column dead real;
alter table confusion rename to confusion_before;
{table("confusion")}
insert into confusion select *, 'test' from confusion_before;
drop table confusion_before;
{table("samples")}
"""
}

# What lets today's questions be asked of an older file that is only read: temporary views go before tables.
VIEWS = {
    1: """
create temp view runs as select *, null as logging_seconds from main.runs;
create temp view layers as select *, null as step_ratio, null as dead from main.layers;
create temp view confusion as select *, 'test' as part from main.confusion;
create temp view samples as
    select 0 as run, 0 as step, 0 as input, '' as truth, '' as guess, 0.0 as probability where false;
"""
}


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for writing; it is made, or brought to the present schema, if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=5)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")  # a power cut may cost the last second, no more
        connection.execute("pragma foreign_keys = on")
        prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, or migrate an old one, in one transaction."""
    connection.isolation_level = None
    connection.execute("begin immediate")  # two programs may start at the same moment
    try:
        (version,) = connection.execute("pragma user_version").fetchone()
        if version > VERSION:
            raise DataError(f"{path}: was written by a newer hellodl; update hellodl or move the file away")
        if version < VERSION:
            steps = [SCHEMA] if version == 0 else [MIGRATIONS[old] for old in range(version, VERSION)]
            for statement in "".join(steps).split(";\n"):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def look_through(connection: sqlite3.Connection) -> None:
    """Let an older file be read as one of today; nothing is written to it."""
    (version,) = connection.execute("pragma user_version").fetchone()
    for statement in VIEWS.get(version, "").split(";\n"):
        connection.execute(statement)
