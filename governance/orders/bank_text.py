"""The characters that every bank in the single euro payments area accepts (EPC 217-08), and how others get there."""

from __future__ import annotations

import re
import unicodedata

ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]", re.ASCII)
# What does not fall apart into a plain letter and its accent.
WRITTEN = str.maketrans(
    {
        "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i", "ħ": "h", "Ħ": "H",
        "&": "+", "_": "-", "–": "-", "—": "-", "‑": "-", "’": "'", "‘": "'", "`": "'", "´": "'",
        "“": "'", "”": "'", '"': "'", "«": "'", "»": "'", ";": ",", "@": "(at)", "·": ".", "•": ".", "…": "...",
        "[": "(", "]": ")", "{": "(", "}": ")", "№": "No", "€": "EUR", "#": "No ",
    }
)  # fmt: skip


def bank_text(text: str, most: int) -> str:
    """`text` in those characters, at most so many; what has no like becomes a full stop."""
    plain = unicodedata.normalize("NFKD", text.translate(WRITTEN))
    signs = [sign for sign in plain if not unicodedata.combining(sign)]
    kept = "".join(sign if ALLOWED.fullmatch(sign) else " " if sign.isspace() else "." for sign in signs)
    # No slash at an end and no two together: they would mean something to a bank.
    kept = re.sub(r"/{2,}", "/", re.sub(r" +", " ", kept)).strip(" /")
    return kept[:most].strip(" /")


def loses_letters(text: str) -> bool:
    """Would a letter or digit be lost? A name that is half missing is another name."""
    plain = unicodedata.normalize("NFKD", text.translate(WRITTEN))
    return not bank_text(text, 140) or any(sign.isalnum() and not ALLOWED.fullmatch(sign) for sign in plain)
