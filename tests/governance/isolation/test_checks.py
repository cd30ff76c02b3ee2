"""The models themselves are held to the wall: each check finds its fault, and the real models have none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

from governance.isolation.checks import LIBRARY_TABLES, check_models, kind_of
from governance.isolation.models import Global, PersonOwned, Scoped, ScopedKey, TableKind
from governance.models import Identity, User, Violation


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An application registry that holds only what the test declares."""
    with isolate_apps("governance") as isolated:
        monkeypatch.setattr("governance.isolation.checks.apps", isolated)
        yield


def found() -> set[str]:
    return {message.id.removeprefix("isolation.") for message in check_models()}


def test_the_real_models_have_no_finding() -> None:
    assert [str(message) for message in run_checks(tags=["isolation"])] == []


def test_every_real_model_has_a_declared_kind_and_libraries_a_reason() -> None:
    for model in apps.get_models(include_auto_created=True):
        assert kind_of(model) in TableKind, model._meta.label
    assert all(reason for _, reason in LIBRARY_TABLES.values())


def test_a_sound_scoped_model_passes(registry: None) -> None:
    class Sound(Scoped):
        class Meta(Scoped.Meta):
            app_label = "governance"

    assert found() == set()
    assert kind_of(Sound) is TableKind.IDENTITY


def test_a_model_of_no_kind_is_found(registry: None) -> None:
    class Undeclared(models.Model):
        class Meta:
            app_label = "governance"

    assert found() == {"E001"}


def test_a_scoped_model_without_the_filtering_base_manager_is_found(registry: None) -> None:
    class Leaky(Scoped):
        objects = models.Manager()

        class Meta:
            app_label = "governance"

    assert found() == {"E002", "E003"}


def test_a_second_manager_that_does_not_filter_is_found(registry: None) -> None:
    class Leaky(Scoped):
        everything = models.Manager()

        class Meta(Scoped.Meta):
            app_label = "governance"

    assert "E003" in found()


def test_a_plain_key_into_a_scoped_table_is_found(registry: None) -> None:
    class Child(Scoped):
        parent = models.ForeignKey(Violation, models.PROTECT, related_name="+")

        class Meta(Scoped.Meta):
            app_label = "governance"

    assert found() == {"E004"}


def test_a_scoped_key_passes(registry: None) -> None:
    class Child(Scoped):
        parent = ScopedKey(Violation, models.PROTECT)

        class Meta(Scoped.Meta):
            app_label = "governance"

    assert found() == set()
    assert Child._meta.get_field("parent").db_constraint is False


def test_a_key_that_can_be_followed_back_from_a_person_is_found(registry: None) -> None:
    class Note(Scoped):
        author = models.ForeignKey(User, models.PROTECT, related_name="notes")

        class Meta(Scoped.Meta):
            app_label = "governance"

    assert found() == {"E005"}


def test_a_many_to_many_of_a_scoped_model_is_found(registry: None) -> None:
    class Tagged(Scoped):
        owners = models.ManyToManyField(Identity, related_name="+")

        class Meta(Scoped.Meta):
            app_label = "governance"

    assert {"E001", "E006"} <= found()


@pytest.mark.parametrize("base", [PersonOwned, Global])
def test_an_unscoped_model_that_points_into_a_scoped_table_is_found(base: type, registry: None) -> None:
    class Pointer(base):  # type: ignore[misc, valid-type]
        violation = models.ForeignKey(Violation, models.PROTECT, related_name="+")

        class Meta:
            app_label = "governance"

    assert found() == {"E007"}
