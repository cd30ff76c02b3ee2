"""Signed heads: what somebody with the whole database in their hands cannot make again (design 3.5)."""
