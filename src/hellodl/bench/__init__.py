"""What we claim, measured again: speed beside others, and every figure that is published.

    problems, memory -> bench -> record -> standings       `hellodl bench`: races beside PyTorch, and who holds which
    claims -> results                                      benchmarks/claims.toml, each figure with its command

`hellodl reproduce` (in `commands`) runs the claims. The figures in the README and the course come from here and from
nowhere else.
"""
