r"""11.3 How much memory is a conversation?

The key-value cache keeps two vectors of the model's width for every block and token. How many bytes is that in 16 bits
for our shipped model with a full context, and for GPT-3 with its 2,048 tokens? Check the first against the `Memory` of
the model, which keeps 32 bits. The rule is `cache_bytes(layers, width, positions, bytes_a_number)`.

Hint: Two vectors, times blocks, times tokens, times numbers in a vector, times bytes in a number. 16 bits are 2 bytes.
"""

from hellodl.learn.asking import Own


def cache_bytes(layers, width, positions, bytes_a_number=2):
    """The bytes of keys and values of a conversation."""
    return 2 * layers * width * positions * bytes_a_number


def check(own: Own) -> None:
    """One of everything; ours; and GPT-3's, of 96 blocks and a width of 12,288."""
    own.ask("cache_bytes", 1, 1, 1).gives(4)
    own.ask("cache_bytes", 4, 128, 256, 4).gives(1_048_576)
    own.ask("cache_bytes", 4, 128, 256).gives(524_288)
    own.ask("cache_bytes", 96, 12_288, 2_048).gives(9_663_676_416)
    own.ask("cache_bytes", 3, 5, 7, bytes_a_number=1).gives(210)
