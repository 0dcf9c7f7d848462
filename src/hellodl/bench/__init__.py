"""What we claim, measured again: speed beside others, and every figure that is published.

    problems -> contestants -> races -> standings      speed beside PyTorch and others: `hellodl bench`
    memory, record -> bench                            and how much memory that takes, and seconds to 99% of MNIST
    ranks                                              what a room of machines would make of a training
    claims -> results                                  benchmarks/claims.toml, each figure with its command

`hellodl reproduce` (in `commands`) runs the claims. The figures in the README and the course come from here and from
nowhere else.
"""
