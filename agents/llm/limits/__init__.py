"""How much a provider is asked: requests, tokens and calls at once, exact for the whole installation (design 5.4)."""
