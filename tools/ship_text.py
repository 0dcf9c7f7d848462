"""Ship the model behind `hellodl write`: round a trained one to 16 bits or fewer, measure it again, and write its card.

    hellodl train text --model gpt --tokens 512 ... --out trained.safetensors
    python tools/ship_text.py trained.safetensors "hellodl train text --model gpt --tokens 512 ..."

writes src/hellodl/models/text.safetensors and text.md. The corpus is the source of Python's standard library as it
is where this runs; the loss is that of its last tenth, which the model never learned from.
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
from pathlib import Path

from hellodl.commands.write import written
from hellodl.data.text import load_text
from hellodl.data.vocabulary import from_description
from hellodl.errors import DataError
from hellodl.nn.sampling import Knobs
from hellodl.runs.writer import fingerprint
from hellodl.train import checkpoint
from hellodl.train.lesson import Lesson

MODELS = Path(__file__).parent.parent / "src" / "hellodl" / "models"

CARD = """# text: a small GPT that writes Python, for `hellodl write`

| | |
|---|---|
| input | {size_of_vocabulary:,} tokens: bytes and frequent pairs; {context} (some {characters:.0f} letters) at a time |
| network | {layers} blocks, {heads} heads, {width} wide, {weights:,} weights in {stored}, {size:,} bytes |
| made with | `{command}` at commit {source}, in {minutes:.0f} minutes on two cores; then `tools/ship_text.py` |
| learned from | the source of Python {python}'s standard library but for tests and tables, {learned:,} characters |

## Figures, after rounding, on the last tenth of the library, which it never saw

| | |
|---|---|
| loss | {loss:.3f} nats a character ({bits:.2f} bits, perplexity {perplexity:.2f}); before rounding {before:.3f} |
| tokens that were its likeliest guess | {accuracy:.1%} |

What it writes after `def `, with seed 0:

```
{sample}
```

## What it cannot do

- It knows what Python looks like, not what it means: names are used before they exist, and nothing it writes should be
  run. It sees {context} tokens back and forgets what was before.
- It may write lines that stand in the standard library. Those are under Python's licence.
- Other languages, and English beyond what stands in comments, it has not learned: `hellodl train text` teaches it any
  text of yours.

## Where it comes from

Python's standard library, the Python Software Foundation and many authors, PSF License Agreement 2
(https://docs.python.org/3/license.html). The weights are under hellodl's own MIT licence.
"""


def main() -> int:
    """Round, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="what `hellodl train text` made of the standard library")
    parser.add_argument("command", help="how: the command, for the card")
    parser.add_argument("--bits", type=int, choices=(16, 8, 4), default=16, help="of a weight (16)")
    options = parser.parse_args()

    model, metadata = checkpoint.load_model(options.model)
    made, corpus = metadata["card"], load_text("python")
    if made["fingerprint"] != fingerprint(corpus):
        raise DataError(f"{options.model}: learned from another text than this Python's library; train it here")
    vocabulary = from_description(metadata["vocabulary"])
    lesson = Lesson(corpus, vocabulary, made["context"])
    target = MODELS / "text.safetensors"
    before = lesson.judge(model)["loss"]
    checkpoint.save_model(target, model, classes=None, vocabulary=metadata["vocabulary"], card=made, bits=options.bits)
    after = lesson.judge(checkpoint.load_model(target)[0])
    sample = "".join(written("def ", target, 400, 0, Knobs(0.6)))
    card = CARD.format(
        size_of_vocabulary=vocabulary.size,
        context=made["context"],
        characters=made["context"] * lesson.characters_per_token,
        layers=made["layers"],
        heads=made["heads"],
        width=made["width"],
        weights=model.weight_count(),
        stored=f"{options.bits} bits",
        size=target.stat().st_size,
        command=options.command,
        source=made.get("source") or "unknown",
        minutes=made["seconds"] / 60,
        python=platform.python_version(),
        learned=len(corpus.train),
        loss=after["loss"],
        bits=after["loss"] / math.log(2),
        perplexity=math.exp(after["loss"]),
        before=before,
        accuracy=after["accuracy"],
        sample=sample,
    )
    (MODELS / "text.md").write_text(card, encoding="utf-8")
    print(f"{target}: {target.stat().st_size:,} bytes, {after['loss']:.3f} nats a character ({before:.3f} before)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
