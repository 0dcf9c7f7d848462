"""A tiny GPT, with the reader's attention: it learns from a short text which letter comes next, then writes."""

from typing import Any

import numpy as np

from hellodl.console import progress_bar
from hellodl.learn.milestones import Short, Steps

TEXT = """the cat sat on the mat and the dog sat on the log. the cat saw the dog, and the dog saw the cat.
one two three four five, once i caught a fish alive. six seven eight nine ten, then i let it go again.
rain, rain, go away, come again another day. the rain in the lane falls on the lame and on the tame.
"""
LONG, WIDE, HEADS, BLOCKS = 24, 32, 2, 2
LOOKS, BATCH, RATE, WANTED = 800, 16, 0.005, 1.2
SHARPNESS, WRITES = 0.3, 200  # under 1, what is likely becomes likelier; letters to write


class GPT:
    """Letters and places to rows, then blocks of attention and two layers, each added to what was there."""

    def __init__(self, steps: Steps, letters: int, rng: np.random.Generator):
        self.steps = steps
        Tensor, Linear = steps["tensor"].Tensor, steps["layer"].Linear
        self.letters = Tensor(rng.normal(size=(letters, WIDE)) * 0.1)
        self.places = Tensor(rng.normal(size=(LONG, WIDE)) * 0.1)
        size = WIDE // HEADS
        self.blocks: list[Any] = []
        for _ in range(BLOCKS):
            heads = [[*(Linear(WIDE, size, rng) for _ in "qkv"), Linear(size, WIDE, rng)] for _ in range(HEADS)]
            self.blocks.append((heads, Linear(WIDE, 4 * WIDE, rng), Linear(4 * WIDE, WIDE, rng)))
        self.last = Linear(WIDE, letters, rng)
        for heads, _, down in self.blocks:  # what is added begins small
            for layer in [down, *(head[3] for head in heads)]:
                layer.w.data = layer.w.data * 0.3

    def __call__(self, numbers: np.ndarray) -> Any:
        """Of (B, T) numbers of letters: what comes after each, (B, T, letters)."""
        add, attention = self.steps["broadcasting"].add, self.steps["attention"]
        norm, relu = self.steps["batch_norm"].normalize, self.steps["tensor"].relu
        place = attention.rows(self.places, np.arange(numbers.shape[1]))
        x = add(attention.rows(self.letters, numbers), place)
        for heads, up, down in self.blocks:
            seen = norm(x, (-1,))
            for q, k, v, out in heads:
                x = add(x, out(attention.attention(q(seen), k(seen), v(seen))))
            x = add(x, down(relu(up(norm(x, (-1,))))))
        return self.last(norm(x, (-1,)))

    def parameters(self) -> list[Any]:
        """All that it learns."""
        layers = [self.last]
        for heads, up, down in self.blocks:
            layers += [up, down, *(layer for head in heads for layer in head)]
        return [self.letters, self.places, *(p for layer in layers for p in layer.parameters())]

    def go_on(self, numbers: list[int], count: int, rng: np.random.Generator) -> list[int]:
        """So many letters more, each drawn by its probability."""
        for _ in range(count):
            z = self(np.array([numbers[-LONG:]])).data[0, -1] / SHARPNESS
            numbers = [*numbers, int(rng.choice(len(z), p=self.steps["loss"].softmax(z)))]
        return numbers


def run(steps: Steps) -> str:
    """Learn the text, then write."""
    rng = np.random.default_rng(0)
    letters = sorted(set(TEXT))
    text = np.array([letters.index(letter) for letter in TEXT])
    print("  Its text, three lines over and over:")
    print("    " + TEXT.strip().replace("\n", "\n    "))
    print(
        f"  Of {LONG} letters it is to say what follows each. It sees nothing else, so what it can write is this text."
    )
    net = GPT(steps, len(letters), rng)
    adam = steps["optimizers"].Adam(net.parameters(), RATE)
    reshape, cross_entropy = steps["broadcasting"].reshape, steps["loss"].cross_entropy
    recent: list[float] = []
    with progress_bar("learning to write", LOOKS) as bar:
        for look in range(LOOKS):
            at = rng.integers(len(text), size=BATCH)[:, None] + np.arange(LONG)
            out = reshape(net(text[at % len(text)]), (BATCH * LONG, len(letters)))
            loss = cross_entropy(out, text[(at + 1) % len(text)].reshape(-1))
            adam.zero()
            steps["order"].backward(loss)
            adam.rate = RATE * (1 - look / LOOKS)
            adam.step()
            recent = [*recent[-19:], float(loss.data)]
            bar.advance()
            bar.note(f"loss {np.mean(recent):.3f}")
            if (look + 1) % (LOOKS // 4) == 0:
                print(f"  after {look + 1} looks: loss {np.mean(recent):.3f}")
    begun = [letters.index(letter) for letter in "the "]
    wrote = "".join(letters[n] for n in net.go_on(begun, WRITES, rng))
    print('  It goes on from "the ":')
    print("    " + wrote[: wrote.rfind(" ") if " " in wrote[4:] else None].strip().replace("\n", "\n    ") + " ...")
    found = float(np.mean(recent))
    if not found < WANTED:
        raise Short(f"its loss is {found:.2f} a letter, and under {WANTED} was wanted")
    return f"a loss of {found:.2f} a letter; guessing blindly among {len(letters)} costs {np.log(len(letters)):.2f}"
