"""Erasure and archives: a copy stays with whom it was given to, a reference ends with its source (design 3.10)."""

from __future__ import annotations

from typing import Any

import pytest

from governance.audit.verify import verify_chain
from governance.errors import Conflict
from governance.models import AuditEntry
from governance.perform import perform
from governance.rights import erasing
from tests.cast import Person
from tests.governance.crossings.carrying import TEXT, accepted, crossed, item_of, note, offered, read, row_of
from tests.governance.isolation.walls import superuser
from tests.governance.rights.archives import exported, opened
from tests.governance.rights.endings import carried_out, erasure_of

pytestmark = pytest.mark.security


def parcels_in(identity: Any) -> int:
    with superuser() as admin:
        found = admin.execute("SELECT count(*) FROM governance_crossingparcel WHERE identity_id = %s", [identity.pk])
        return int(found.fetchone()[0])


def three(alice: Person, workshop: Any) -> list[Any]:
    """From the workshop into Alice's personal identity: a copy, a reference, and an offer that waits."""
    source = note(alice, workshop)
    _, copy = offered(alice, source, workshop, alice.identity)
    copy = accepted(alice, copy, None)
    _, lent = offered(alice, source, workshop, alice.identity, form="reference")
    lent = accepted(alice, lent, None)
    _, waiting = offered(alice, source, workshop, alice.identity, note="encore")
    return [copy, lent, waiting]


def test_what_an_erased_identity_lent_ends_and_what_it_gave_stays(alice: Person, workshop: Any) -> None:
    copy, lent, waiting = three(alice, workshop)
    assert parcels_in(alice.identity) == 2
    carried_out(erasure_of(alice, workshop))
    assert parcels_in(alice.identity) == 0
    assert [row_of(alice, row.pk).state for row in (copy, lent, waiting)] == ["done", "ended", "ended"]
    assert item_of(alice, copy.made_id).content == TEXT
    assert read(alice, lent.made_id) == ""
    with alice.looking():
        ended = AuditEntry.objects.filter(action="governance.transfer.end")
        assert {entry.resource_id for entry in ended} == {lent.pk, waiting.pk}
        assert verify_chain(alice.identity.pk).ok


def test_without_the_farewell_the_snapshot_would_stay(
    alice: Person, workshop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin: the guard is what ends it."""
    monkeypatch.setattr(erasing, "_farewells", [])
    three(alice, workshop)
    carried_out(erasure_of(alice, workshop))
    assert parcels_in(alice.identity) == 2


def test_erasing_where_it_went_ends_it_here_too(alice: Person, workshop: Any) -> None:
    source = note(alice)
    out, arrived = offered(alice, source, None, workshop, form="reference")
    accepted(alice, arrived, workshop)
    copied, arrived = offered(alice, source, None, workshop)
    accepted(alice, arrived, workshop)
    carried_out(erasure_of(alice, workshop))
    assert [row_of(alice, row.pk).state for row in (out, copied)] == ["ended", "done"]
    with alice.acting():
        perform("spheres.item.delete", {"item": source.pk})
        with pytest.raises(Conflict) as over:
            perform("governance.transfer.revoke", {"transfer": out.pk})
    assert over.value.code == "crossing_over"


def test_an_archive_tells_what_crossed_and_holds_no_parcel(alice: Person, workshop: Any) -> None:
    crossed(alice, note(alice, workshop), workshop)
    offered(alice, note(alice), None, workshop, form="reference")
    archive = opened(exported(alice, workshop))
    rows = archive.json("data/governance/crossings.json")
    assert [(row["direction"], row["state"]) for row in rows] == [("within", "done"), ("in", "offered")]
    assert not any("parcel" in name for name in archive.names())
