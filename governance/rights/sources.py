"""What an archive holds: every app registers its tables here, or says why one stays out (design 3.10).

A test walks all identity tables: one that is neither registered nor exempt makes the suite red.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from governance.isolation.catalogue import scoped_models
from governance.isolation.context import reading
from governance.isolation.models import Scoped

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Source:
    """One table: `name` is its file in the archive (`threads/messages`), `title` its line in the read-me."""

    model: type[Scoped]
    name: str
    title: str | Promise

    @property
    def columns(self) -> list[str]:
        """All columns but the identity's own id, which is the same in every row."""
        return [f.attname for f in self.model._meta.concrete_fields if f.attname != "identity_id"]

    def count(self) -> int:
        with reading():
            return self.model.objects.count()

    def chunks(self) -> Iterator[list[dict[str, Any]]]:
        """The bound identity's rows in the order they were made, each chunk in a transaction of its own."""
        rows = self.model.objects.order_by("pk").values(*self.columns)
        last = None
        while True:
            with reading():
                found = list((rows if last is None else rows.filter(pk__gt=last))[:CHUNK])
            if not found:
                return
            yield found
            last = found[-1]["id"]


_sources: dict[type[Scoped], Source] = {}
_exempt: dict[type[Scoped], str] = {}


def register_export(model: type[Scoped], name: str, title: str | Promise) -> None:
    """Has the table written to `data/<name>.json` of every archive. The same once more changes nothing."""
    source = Source(model, name, title)
    if model in _exempt or _sources.get(model, source).name != name:
        raise ValueError(f"{model._meta.label} is registered twice")
    if any(other.name == name and other.model is not model for other in _sources.values()):
        raise ValueError(f"two tables would be written to {name}.json")
    _sources[model] = source


def keep_out(model: type[Scoped], reason: str) -> None:
    """Says why a table is not in the archive's data. The same once more changes nothing."""
    if model in _sources or _exempt.get(model, reason) != reason:
        raise ValueError(f"{model._meta.label} is registered twice")
    _exempt[model] = reason


def sources() -> list[Source]:
    """Every table that is exported, in the order of their names."""
    return sorted(_sources.values(), key=lambda source: source.name)


def exempt() -> dict[type[Scoped], str]:
    return dict(_exempt)


def forgotten() -> list[type[Scoped]]:
    """Identity tables that nobody has registered or exempted: an archive would silently lack them."""
    return [model for model in scoped_models() if model not in _sources and model not in _exempt]
