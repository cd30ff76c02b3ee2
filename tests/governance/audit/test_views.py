"""The pages of the log: timeline, story and proof."""

from __future__ import annotations

import re
from typing import Any

import pytest

from governance.audit import verify
from governance.checkpoints.carrying import carry_out_approved
from governance.checkpoints.seal import seal_path
from governance.models import AuditEntry
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, counted, make_viewer, vote

LOG = "/audit/"


def page(person: Person, path: str, status: int = 200) -> str:
    answer = person.browser.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def entries(text: str) -> list[int]:
    return [int(seq) for seq in re.findall(r'id="e-(\d+)"', text)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_timeline_has_the_newest_entry_on_top(alice: Person, language: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    ask(alice)
    text = page(alice, LOG)
    assert f'<html lang="{language}"' in text
    assert entries(text) == [2, 1]
    assert text.count("Alice") >= 2


def test_every_entry_shows_the_hash_it_follows(alice: Person) -> None:
    ask(alice)
    text = page(alice, LOG)
    with alice.looking():
        for row in AuditEntry.objects.all():
            digest = bytes(row.hash).hex()
            assert f"<span>{digest[:4]}…{digest[-4:]}</span>" in text


def test_the_log_is_narrowed_by_outcome_action_and_resource(alice: Person) -> None:
    shown = ask(alice)
    assert entries(page(alice, f"{LOG}?outcome=stopped")) == [2]
    assert entries(page(alice, f"{LOG}?action=governance.person.register&outcome=")) == [1]
    assert entries(page(alice, f"{LOG}?resource={shown['id']}")) == [2]
    assert 'class="empty"' in page(alice, f"{LOG}?outcome=failed")


@pytest.mark.parametrize("query", ["outcome=maybe", "run=x", "before=x", "colour=red", "before=99999999999999999999"])
def test_a_filter_that_means_nothing_is_400(alice: Person, query: str) -> None:
    page(alice, f"{LOG}?{query}", 400)


def test_older_entries_are_on_the_next_page(alice: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr("governance.audit.views.PAGE", 2)
    ask(alice)
    ask(alice, subject="Mercredi")
    first = page(alice, f"{LOG}?outcome=")
    assert entries(first) == [3, 2]
    assert "before=2" in first
    assert entries(page(alice, f"{LOG}?before=2")) == [1]


def test_the_same_seal_stands_on_the_question_the_decision_and_the_effect(alice: Person) -> None:
    shown = ask(alice)
    alice.post(f"/approvals/{shown['id']}/decide/", vote(shown))
    with alice.acting():
        carry_out_approved(shown["id"])
    text = page(alice, LOG)
    assert text.count(seal_path(shown["envelope_digest"])) == 4
    assert f"/approvals/{shown['id']}/" in text


def test_one_requests_story_is_told_in_order(alice: Person) -> None:
    shown = ask(alice)
    with alice.acting() as context:
        from governance.perform import perform

        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
        carry_out_approved(shown["id"])
    text = page(alice, f"{LOG}?request={context.request_id}")
    assert entries(text) == [3, 4, 5]


def test_the_timeline_costs_the_same_for_one_entry_and_for_three(alice: Person) -> None:
    page(alice, LOG)
    with counted() as one:
        assert entries(page(alice, LOG)) == [1]
    ask(alice)
    with counted() as two:
        assert entries(page(alice, LOG)) == [2, 1]
    ask(alice, subject="Mercredi")
    with counted() as three:
        assert entries(page(alice, LOG)) == [3, 2, 1]
    assert len(three) == len(two) == len(one) + 1  # the seals of all questions in one query, none without any


def test_a_viewer_reads_the_log_but_nothing_it_tells(alice: Person, bob: Person, workshop: Any) -> None:
    ask(alice, workshop, subject="Zanzibar", body="Zanzibar", to=["zanzibar@example.com"])
    make_viewer(bob, workshop)
    bob.post(f"/identities/{workshop.pk}/activate/")
    text = page(bob, LOG)
    assert len(entries(text)) >= 1
    assert "anzibar" not in text


def test_another_identitys_log_is_never_seen(alice: Person, charlie: Person) -> None:
    shown = ask(alice)
    assert entries(page(charlie, f"{LOG}?resource={shown['id']}")) == []


def test_the_verification_says_that_the_chain_is_whole(alice: Person) -> None:
    ask(alice)
    text = page(alice, f"{LOG}verify/")
    with alice.looking():
        head = AuditEntry.objects.latest_first().first()
    assert bytes(head.hash).hex() in text
    assert 'class="verdict"' in text


def test_the_verification_names_the_first_bad_entry(alice: Person, monkeypatch: Any) -> None:
    ask(alice)
    with alice.looking():
        rows = list(AuditEntry.objects.in_order().values(*verify.COLUMNS))
    monkeypatch.setattr(verify, "_rows", lambda after=0: iter([] if after else rows[1:]))
    text = page(alice, f"{LOG}verify/")
    assert 'class="verdict"' not in text
    assert 'role="alert"' in text
    assert str(rows[1]["id"]) in text
