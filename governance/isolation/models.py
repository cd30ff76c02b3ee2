"""Base classes that say what kind of table a model is: identity, person or global (design 3.2)."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any, Self

from django.db import models
from django.utils.encoding import force_str
from uuid_utils.compat import uuid7

from governance.errors import IdentityBoundary
from governance.isolation.context import current, system_reason
from governance.isolation.querysets import ScopedManager


class TableKind(StrEnum):
    """IDENTITY: all three walls. PERSON: only through governance.people. GLOBAL: reference and machine."""

    IDENTITY = "identity"
    PERSON = "person"
    GLOBAL = "global"


class Scoped(models.Model):
    """A row that belongs to one identity, and is visible to nobody else."""

    table_kind = TableKind.IDENTITY
    append_only = False

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(
        "governance.Identity", on_delete=models.PROTECT, related_name="+", editable=False, db_index=False
    )

    objects: Any = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any) -> Self:  # type: ignore[override]
        row = super().from_db(db, field_names, values)
        if "identity_id" in row.__dict__ and system_reason() is None and row.identity_id != current().identity_id:
            raise IdentityBoundary("scope_violation", resource=cls._meta.label_lower)
        return row

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.take_identity()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.take_identity()
        return super().delete(*args, **kwargs)

    def _get_FIELD_display(self, field: models.Field[Any, Any]) -> str:
        """As Django's, which translates and hashes every choice anew for each row of a list."""
        value = getattr(self, field.attname)
        return force_str(_labels(field).get(value, value), strings_only=True)

    def take_identity(self) -> None:
        """Stamps a new row with the bound identity; refuses a row of another one."""
        if system_reason() is not None:
            return
        mine = current().identity_id
        if self.identity_id is None:
            self.identity_id = mine
        elif self.identity_id != mine:
            raise IdentityBoundary("scope_violation", resource=self._meta.label_lower)


@cache
def _labels(field: models.Field[Any, Any]) -> dict[Any, Any]:
    """The words of a field's choices, still to be translated."""
    return dict(field.flatchoices)


class ScopedKey(models.ForeignKey):
    """A foreign key between two scoped tables.

    The database key is the pair (identity_id, this column), generated after `migrate`
    (isolation/catalogue.py): a plain key would accept, and so reveal, another identity's id.
    """

    def __init__(self, to: Any, on_delete: Any = models.CASCADE, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        kwargs.setdefault("related_name", "+")
        super().__init__(to, on_delete, **kwargs)


class PersonOwned(models.Model):
    """A row of one person, whatever the identity: reached only through governance.people."""

    table_kind = TableKind.PERSON

    class Meta:
        abstract = True


class Global(models.Model):
    """Reference data or machinery that belongs to the installation."""

    table_kind = TableKind.GLOBAL

    class Meta:
        abstract = True
