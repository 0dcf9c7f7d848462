"""A reader who types."""

import pytest

from hellodl.commands import cli


@pytest.fixture
def typed(capsys):
    """What is printed by `hellodl learn` with these words, and its status."""

    def type_in(words: str) -> tuple[int, str]:
        capsys.readouterr()
        status = cli.main(["learn", *words.split()])
        out, err = capsys.readouterr()
        return status, out + err

    return type_in
