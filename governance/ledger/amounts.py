"""Sums of money as text, exactly."""

from __future__ import annotations

from governance.ledger.models import PICO_PER_USD

DECIMALS = 12
FEWEST = 2


def usd_text(pico: int) -> str:
    """An integer of 10⁻¹² US dollars to the last digit, the same in every language: `-0.0184 USD`."""
    whole, fraction = divmod(abs(pico), PICO_PER_USD)
    digits = f"{fraction:0{DECIMALS}d}".rstrip("0").ljust(FEWEST, "0")
    return f"{'-' if pico < 0 else ''}{whole}.{digits} USD"
