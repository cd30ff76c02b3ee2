"""Providers, models, prices and keys as rows (design 5.1), and the picture of them that decisions are made from."""
