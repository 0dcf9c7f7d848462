"""Deep learning from scratch."""
