"""Two of everything at once: nobody loses anything, nobody is locked out, and who is killed locks nobody out."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rig import SOURCE, TRAININGS, ended, kill, same_bits, wait_until

from hellodl.data.collection import Collection, Lesson
from hellodl.errors import DataError
from hellodl.storage.locks import alone_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="faults are tried on Linux")

TEACHER = """
import sys
from pathlib import Path
from test_company import lesson
from hellodl.data.collection import Collection

mine, first, count = Collection(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
for number in range(first, first + count):
    mine.add(lesson(number))
    print(number, flush=True)
"""


def lesson(number):
    """A lesson whose picture and text tell its number."""
    strip = np.random.default_rng(number).integers(0, 256, (32, 20 + number % 50), dtype=np.uint8)
    return Lesson("photo.jpg", f"{number:064}", "2024-01-01T10:00:00+00:00", (str(number),), ("x",), (strip,))


def is_right(one):
    """Whether a lesson has its own picture and text."""
    wanted = lesson(int(one.digest))
    return one.texts == wanted.texts and np.array_equal(one.strips[0], wanted.strips[0])


def teacher(folder, first, count):
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), str(Path(__file__).parent)])}
    words = [sys.executable, "-c", TEACHER, str(folder), str(first), str(count)]
    return subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, text=True)


def all_kept(folder, processes, each):
    """Let so many processes add so many lessons each, at once; how many are there in the end, and are right."""
    started = [teacher(folder, 10_000 * number, each) for number in range(processes)]
    for process in started:
        process.communicate()
    assert all(process.returncode == 0 for process in started)
    kept = Collection(folder).lessons()
    return len(kept), sum(map(is_right, kept.values()))


def test_lessons_of_several_processes_are_all_kept_each_with_its_own_picture(tmp_path):
    assert all_kept(tmp_path / "mine", 3, 4) == (12, 12)


@pytest.mark.faults
def test_a_thousand_lessons_of_four_processes(tmp_path):
    each = int(os.environ.get("HELLODL_LESSONS", 60))
    assert all_kept(tmp_path / "mine", 4, each) == (4 * each, 4 * each)
    print(f"\n{4 * each} of {4 * each} lessons are kept, each with its own picture")


def test_a_teacher_who_is_killed_costs_a_lesson_at_most_and_locks_nobody_out(tmp_path):
    folder, tries = tmp_path / "mine", 2
    for number in range(tries):
        process = teacher(folder, 10_000 * number, 1000)
        said = [process.stdout.readline() for _ in range(3)]
        time.sleep(0.01 * number)
        process.send_signal(signal.SIGKILL)
        said += process.communicate()[0].splitlines()
        before = {int(line) for line in said if line.strip()}
        began = time.monotonic()
        kept = Collection(folder).lessons()
        assert time.monotonic() - began < 5, "the lock ended with its holder"
        assert before <= {int(one.digest) for one in kept.values()} and all(map(is_right, kept.values()))
    mine = Collection(folder)
    mine.add(lesson(99_999))
    named = {f"lesson-{number:03}.{kind}" for number in mine.lessons() for kind in ("json", "png")}
    assert {path.name for path in folder.iterdir()} == named, "and no leftovers"


def test_who_stays_too_long_is_told_of_in_one_line(tmp_path):
    with alone_in(tmp_path), pytest.raises(DataError, match=r"another hellodl has been busy in it for 0\.1 s"):
        alone_in(tmp_path, patience=0.1).__enter__()
    with alone_in(tmp_path, patience=0.1):
        pass


@pytest.mark.faults
def test_two_trainings_at_once_are_two_runs(place, unbroken):
    names = ["text, gru", "splice, simulated"]
    started = []
    for number, name in enumerate(names):
        words = [*TRAININGS[name].words, "--threads", "1", "--out", f"{number}.safetensors"]
        started.append(place.start(*words))
    assert [ended(process).status for process in started] == [0, 0]
    for number, name in enumerate(names):
        assert same_bits(place.folder / f"{number}.safetensors", unbroken(name).model)
    assert sorted(place.statuses()) == ["finished", "finished"] and place.leftovers() == []


@pytest.mark.faults
def test_many_trainings_at_once_in_one_folder_and_two_of_them_on_one_state(place, unbroken):
    training, whole = TRAININGS["text, gru"], unbroken("text, gru")
    assert place.run(*place.words(training), fault="save:2").status == -9
    words = [["train", "text", "--resume", "1"]] * 2 + [training.words] * 6
    started = [place.start(*one, "--threads", "1", "--out", f"{k}.safetensors") for k, one in enumerate(words)]
    for number, process in enumerate(started):
        said = ended(process)
        # Of two on one state, the second may find it gone: the first has finished.
        assert said.status == 0 or (number < 2 and said.is_one_line()), said.err
        if said.status == 0:
            assert same_bits(place.folder / f"{number}.safetensors", whole.model)
    assert place.torn() == [] and place.leftovers() == []


@pytest.mark.faults
def test_three_teachers_at_once_keep_all_lessons_and_forgetting_is_final(place):
    """By the command line, with pages in ink; one more teacher is killed while he learns."""
    from hellodl.commands.read import save_picture
    from hellodl.data.pages.layout import sample_page

    for number in range(3):
        picture, truth = sample_page(number)
        save_picture(place.folder / f"{number}.png", picture)
        (place.folder / f"{number}.txt").write_text(truth)
    words = [["teach", f"{number}.png", "--text", f"{number}.txt", "--threads", "1"] for number in range(3)]
    teachers = [place.start(*one) for one in words]
    mine = Collection(place.folder / "mine")
    wait_until(lambda: len(mine.lessons()) == 3)
    kill(teachers[2].pid)
    ended(teachers[2])
    said = [ended(one) for one in teachers[:2]]
    assert [one.status for one in said] == [0, 0], [one.err for one in said]
    assert len(mine.lessons()) == 3 and place.torn() == [] and place.leftovers() == []
    # Who is learning while all is forgotten leaves no reader.
    late = place.start("teach", "--threads", "1")
    time.sleep(5)
    assert place.run("teach", "--forget").status == 0
    said = ended(late)
    assert said.status == 0 or said.is_one_line(), said.err
    assert not mine.folder.exists()
