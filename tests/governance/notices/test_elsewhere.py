"""The frame that tells a socket what waits in the person's other identities (design 4.5)."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

from typing import Any

import pytest

from governance.live import notify
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, vote
from tests.governance.live.conftest import announce, greeted, live, receive, web  # noqa: F401


def until(ws: Any, kind: str) -> dict[str, Any]:
    while (frame := receive(ws))["kind"] != kind:
        pass
    return frame


def test_the_other_identities_sockets_hear_it_and_nothing_more(
    live: Any, alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    page, there = live(alice, token=True), live(alice, token=True, headers={"X-Identity-ID": str(workshop.pk)})
    member, stranger = live(bob, token=True), live(charlie, token=True)
    for one in (page, there, member, stranger):
        greeted(one)
    shown = ask(alice, workshop, subject="zzq-secret")
    for one in (page, member):
        frame = until(one, "elsewhere")
        assert [(n["name"], n["kind"], n["count"]) for n in frame["notices"]] == [("Atelier Roy", "approval", 1)]
        assert frame["notices"][0]["identity"] == str(workshop.pk)
        assert "seq" not in frame
        assert "zzq-secret" not in str(frame)
        assert shown["id"] not in str(frame)
    assert until(there, "elsewhere")["notices"] == []
    mine = announce(charlie)
    assert receive(stranger)["id"] == str(mine)
    Api(alice.user, workshop).post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown, "reject"))
    assert until(page, "elsewhere")["notices"] == []


def test_a_lost_hint_is_made_up_for(live: Any, alice: Person, workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    page = live(alice, token=True)
    greeted(page)
    time.sleep(4.5)  # two sweeps: the second one knows what the first one saw
    monkeypatch.setattr(notify, "hint", lambda channel, payload: None)
    ask(alice, workshop)
    assert until(page, "elsewhere")["notices"][0]["count"] == 1
