"""What accounts are called: filled by the apps that own what the accounts are for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from governance.ledger.models import Account

Names = Callable[[list[str]], dict[str, tuple[str, str]]]
_names: dict[str, Names] = {}


def register_account_names(kind: str, function: Names) -> None:
    """`function(refs)`: {ref: (name, address of its page or "")} for accounts of one kind, in one query at most."""
    if kind in _names:
        raise ValueError(f"the names of {kind} accounts are registered twice")
    _names[kind] = function


def account_names(rows: Iterable[Account]) -> dict[tuple[str, str], tuple[str, str]]:
    """{(kind, ref): (name, address)} of those somebody can name."""
    refs: dict[str, list[str]] = {}
    for row in rows:
        refs.setdefault(row.kind, []).append(row.ref)
    return {
        (kind, ref): named
        for kind, wanted in refs.items()
        if kind in _names
        for ref, named in _names[kind](wanted).items()
    }


def names_of_kind(kind: str, refs: list[str]) -> dict[str, tuple[str, str]]:
    """{ref: (name, address)} of accounts of one kind that somebody can name."""
    return _names[kind](refs) if kind in _names and refs else {}
