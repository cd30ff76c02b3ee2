"""What must be true of the models; the deployed database is compared by `check_isolation`."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db import models

from governance.isolation.models import Scoped, ScopedKey, TableKind
from governance.isolation.querysets import ScopedManager

# Tables of libraries, by app label: which kind they are, and why they need no identity of their own.
LIBRARY_TABLES = {
    "account": (TableKind.PERSON, "e-mail addresses of a person, read by the sign-in pages only"),
    "socialaccount": (TableKind.PERSON, "outside accounts of a person"),
    "mfa": (TableKind.PERSON, "second factors of a person"),
    "sessions": (TableKind.PERSON, "opaque sessions, read by their secret key only"),
    "auth": (TableKind.GLOBAL, "groups and permissions of staff"),
    "contenttypes": (TableKind.GLOBAL, "names of models"),
    "admin": (TableKind.GLOBAL, "never written: what staff do stands in the log of the system"),
}
LIBRARY_MODELS = {
    "governance.User_groups": TableKind.PERSON,
    "governance.User_user_permissions": TableKind.PERSON,
}


def kind_of(model: type[models.Model]) -> TableKind | None:
    """The declared kind of a model's table, or None when nobody declared it."""
    declared = getattr(model, "table_kind", None) or LIBRARY_MODELS.get(model._meta.label)
    if declared is None and model._meta.app_label in LIBRARY_TABLES:
        declared = LIBRARY_TABLES[model._meta.app_label][0]
    return declared


@register("isolation")
def check_models(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Every model has a kind; scoped ones keep the manager; nothing unscoped points into a scoped table."""
    found: list[CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        kind = kind_of(model)
        if kind is None:
            found.append(
                _error(
                    model,
                    "E001",
                    "its table is neither identity, person nor global",
                    "inherit Scoped, PersonOwned or Global",
                )
            )
        elif kind is TableKind.IDENTITY:
            found += _check_scoped(model)
        else:
            found += _check_unscoped(model)
    return found


def _check_scoped(model: type[models.Model]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not issubclass(model, Scoped) or not isinstance(model._base_manager, ScopedManager):
        found.append(_error(model, "E002", "its base manager does not filter", "inherit Scoped and Scoped.Meta"))
    if not all(isinstance(manager, ScopedManager) for manager in model._meta.managers):
        found.append(_error(model, "E003", "a manager does not filter", "use ScopedQuerySet.as_manager()"))
    for field in model._meta.local_fields:
        if not isinstance(field, models.ForeignKey) or field.name == "identity":
            continue
        if issubclass(field.related_model, Scoped) and not isinstance(field, ScopedKey):
            found.append(
                _error(model, "E004", f"{field.name} points to a scoped table by a plain key", "use ScopedKey")
            )
        if kind_of(field.related_model) is TableKind.PERSON and not field.remote_field.hidden:
            found.append(_error(model, "E005", f"{field.name} can be followed back from a person", 'related_name="+"'))
    if model._meta.many_to_many:
        found.append(_error(model, "E006", "a many-to-many table would be unscoped", "declare the link as a model"))
    return found


def _check_unscoped(model: type[models.Model]) -> list[CheckMessage]:
    return [
        _error(model, "E007", f"{field.name} points into a scoped table", "keep a plain UUID")
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Scoped)
    ]


def _error(model: type[models.Model], number: str, what: str, hint: str) -> Error:
    return Error(f"{model._meta.label}: {what}.", hint=hint, obj=model, id=f"isolation.{number}")
