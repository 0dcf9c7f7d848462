"""The small GPT that ships is there, is small, and knows Python when it sees it."""

import hellodl
from hellodl import nn
from hellodl.autograd.tensor import Tensor
from hellodl.commands import write
from hellodl.train.checkpoint import load


def test_the_model_that_ships_writes_at_once_and_knows_python_when_it_sees_it():
    path = write.find_model(None)
    assert path == write.MODEL and path.stat().st_size <= 2_000_000
    network, vocabulary = write.load(path)

    def surprise(said):
        """Nats a character, after the first token."""
        tokens = vocabulary.encode(said)
        logits = network(Tensor(tokens[None, :-1])).data[0]
        return nn.cross_entropy(Tensor(logits), tokens[1:], reduction="sum").item() / len(said)

    code = "\n    def __init__(self, name):\n        self.name = name\n\n    def close(self):\n        return None\n"
    assert surprise(code) < 1 < surprise(code[::-1])
    assert hellodl.write("def ", length=60).startswith("def ")
    card = load(path)[1]["card"]
    assert card["dataset"] == "python" and card["validation_loss"] < 0.9
