"""Lane A: what a person asks for, read from their words alone, deterministically (design 4.1)."""
