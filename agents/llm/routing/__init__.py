"""From what is asked of a model to the one that is called, and why (design 5.2)."""
