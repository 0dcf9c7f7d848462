"""The table of files in chapter 14: our column is run here, on files put together byte by byte as PyTorch's are.

Where PyTorch and safetensors are installed, its column is run too, and each side opens what the other wrote.
"""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from hellodl import checkpoint, nn
from hellodl.errors import CheckpointError

CHAPTER = Path(__file__).parents[2] / "course" / "14-where-to-go-next.md"


def rows() -> list[list[str]]:
    """PyTorch's line and ours, of each row."""
    table = CHAPTER.read_text().split("## Files, there and back")[1].split("| in PyTorch | here |")[1]
    lines = [line for line in table.split("\n\n")[0].splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("| ").split(" | ")] for line in lines]


class Tied(nn.Module):
    """A table for symbols, in and out."""

    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(3, 2), nn.Linear(2, 3, bias=False)
        self.head.weight = self.table.weight


def network(library) -> object:
    return library.Sequential(library.Conv2d(1, 2, 1), library.BatchNorm2d(2))


def write(path: str, kinds: dict[str, tuple[str, list[int], bytes]]) -> None:
    """A safetensors file of (type, shape, bytes) by name."""
    header, data = {}, b""
    for name, (kind, shape, raw) in kinds.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def as_pytorch_saves(kind: str) -> dict[str, tuple[str, list[int], bytes]]:
    """The network's entries: 0.5 and -2 in all weights, 4 and 1 in the statistics, and seven batches."""

    def pack(*x):
        return b"".join(struct.pack("<f", n)[2 if kind == "BF16" else 0 :] for n in x)

    pair = {name: (kind, [2], pack(0.5, -2)) for name in ("0.bias", "1.weight", "1.bias")}
    pair |= {name: (kind, [2], pack(4, 1)) for name in ("1.running_mean", "1.running_var")}
    counted = {"1.num_batches_tracked": ("I64", [], struct.pack("<q", 7))}
    return {**counted, "0.weight": (kind, [2, 1, 1, 1], pack(0.5, -2)), **pair}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("net.safetensors", as_pytorch_saves("F32"))
    write("half.safetensors", as_pytorch_saves("BF16"))
    write("tied.safetensors", {"head.weight": ("F32", [3, 2], np.arange(6, dtype="<f4").tobytes())})
    Path("net.pt").write_bytes(b"PK\x03\x04" + bytes(60))
    return {"checkpoint": checkpoint, "model": network(nn), "tied": Tied()}


def test_our_column_opens_what_pytorch_wrote(here):
    _, (_, load), (_, half), (_, tied), _ = rows()
    for line in (load, half):
        here["model"] = network(nn)
        exec(line, here)
        state = here["model"].state_dict()
        assert state["0.weight"].reshape(-1).tolist() == state["1.bias"].tolist() == [0.5, -2.0]
        assert state["1.running_mean"].tolist() == [4.0, 1.0] and len(state) == 6
    exec(tied, here)
    assert here["tied"].table.weight.tolist() == here["tied"].head.weight.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_our_column_writes_what_it_opens(here):
    (_, save), (_, load), *_ = rows()
    exec(save, here)
    wanted, here["model"] = here["model"].state_dict(), network(nn)
    exec(load, here)
    assert all(np.array_equal(array, wanted[name]) for name, array in here["model"].state_dict().items())


@pytest.mark.parametrize("begin", [b"PK\x03\x04", b"\x80\x02\x8a\x0a"])
def test_what_torch_save_wrote_is_refused_in_a_line_that_names_safetensors(here, begin):
    Path("net.pt").write_bytes(begin + bytes(60))
    with pytest.raises(CheckpointError, match=r"^net\.pt: is one of torch\.save's.*safetensors\.torch\.save_file$"):
        exec(rows()[4][1], here)


def test_without_strict_what_only_one_has_is_passed_over():
    model = nn.Linear(1, 1)
    model.load_state_dict({"weight": np.array([[3.0]]), "more": np.zeros(2)}, strict=False)
    assert model.weight.item() == 3.0 and model.bias.item() == 0.0
    with pytest.raises(CheckpointError, match="another model"):
        model.load_state_dict({"weight": np.zeros((2, 1))}, strict=False)


def test_each_side_opens_what_the_other_wrote(here):
    torch = pytest.importorskip("torch", reason="runs PyTorch's side of the table: pip install torch safetensors")
    files = pytest.importorskip("safetensors.torch")
    tied = torch.nn.Module()
    theirs = {"torch": torch, "model": network(torch.nn), "tied": tied, **vars(files)}
    tied.table, tied.head = torch.nn.Embedding(3, 2), torch.nn.Linear(2, 3, bias=False)
    tied.head.weight = tied.table.weight
    (_, save), (theirs_load, _), *_ = rows()
    exec(save, here)
    exec(theirs_load, theirs)
    for line, ours in rows():
        exec(line, theirs)
        if "net.pt" not in ours:
            exec(ours, here)
    with pytest.raises(CheckpointError, match="save_file"):
        exec(rows()[4][1], here)
    assert np.array_equal(here["tied"].head.weight.data, tied.head.weight.detach().numpy())
