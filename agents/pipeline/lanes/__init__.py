"""Lanes A to D: understood, frozen, encoded and checked, before anything is executed."""
