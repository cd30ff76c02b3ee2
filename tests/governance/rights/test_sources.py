"""An archive is complete: every identity table is in it, or on the list with its reason."""

from __future__ import annotations

import pytest

from governance.models import DataKey, IdempotencyRecord, Identity
from governance.rights import own, sources
from governance.rights.sources import forgotten, keep_out, register_export
from spheres.models import Item


def test_every_identity_table_is_exported_or_kept_out_with_a_reason() -> None:
    assert forgotten() == []
    assert all(len(reason) > 15 for reason in sources.exempt().values())


def test_a_forgotten_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: the walk does see a table that nobody registered."""
    monkeypatch.setattr(sources, "_sources", {model: at for model, at in sources._sources.items() if model != Item})
    assert forgotten() == [Item]


def test_secrets_are_not_exported() -> None:
    assert {DataKey, IdempotencyRecord} <= set(sources.exempt())


def test_no_column_stays_out_but_the_identitys_own_id() -> None:
    for source in sources.sources():
        assert {"identity_id", *source.columns} == {f.attname for f in source.model._meta.concrete_fields}


def test_a_table_cannot_be_registered_twice_nor_two_under_one_name() -> None:
    with pytest.raises(ValueError, match="twice"):
        register_export(Item, "spheres/again", "x")
    with pytest.raises(ValueError, match="twice"):
        register_export(DataKey, "governance/keys", "x")
    with pytest.raises(ValueError, match="twice"):
        keep_out(DataKey, "x")
    with pytest.raises(ValueError, match="twice"):
        keep_out(Item, "x")
    with pytest.raises(ValueError, match="two tables"):
        register_export(Identity, "spheres/items", "x")


def test_the_same_registration_once_more_changes_nothing() -> None:
    """Django readies apps again where tests isolate them."""
    before = [(source.model, source.name) for source in sources.sources()], sources.exempt()
    own.register()
    assert ([(source.model, source.name) for source in sources.sources()], sources.exempt()) == before
