"""The pages of approvals, without JavaScript (design C6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.carrying import carry_out_approved
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.seal import seal_path
from governance.errors import CheckpointRequired
from governance.models import Execution, OutboundMail
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import (
    ask,
    counted,
    make_overdue,
    make_rule,
    make_viewer,
    status_of,
    vote,
)

QUEUE = "/approvals/"


def url(shown: dict[str, Any], tail: str = "") -> str:
    return f"{QUEUE}{shown['id']}/{tail}"


def page(person: Person, path: str, status: int = 200) -> str:
    answer = person.browser.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def in_workshop(person: Person, workshop: Any) -> None:
    person.post(f"/identities/{workshop.pk}/activate/")


def speak(person: Person, language: str) -> None:
    type(person.user).objects.filter(pk=person.user.pk).update(language=language)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_empty_queue_says_so(alice: Person, language: str) -> None:
    speak(alice, language)
    shown = page(alice, QUEUE)
    assert f'<html lang="{language}"' in shown
    assert 'class="empty"' in shown
    assert "queue__row" not in shown


def test_the_queue_has_what_expires_first_on_top(alice: Person) -> None:
    make_rule(alice, level="critical", conditions=[{"key": "recipient_domain", "op": "eq", "value": "example.org"}])
    ask(alice)
    ask(alice, to=["x@example.org"])
    rows = re.findall(r'queue__say[^>]*><a href="[^"]*">([^<]*)<', page(alice, QUEUE))
    assert ["x@example.org" in row for row in rows] == [True, False]
    assert page(alice, QUEUE).count('data-tier="red"') == 1


def test_the_queue_costs_the_same_for_one_question_and_for_three(alice: Person) -> None:
    ask(alice)
    page(alice, QUEUE)
    with counted() as one:
        assert page(alice, QUEUE).count('class="queue__row"') == 1
    ask(alice, subject="Mercredi")
    ask(alice, subject="Jeudi")
    with counted() as three:
        assert page(alice, QUEUE).count('class="queue__row"') == 3
    assert len(three) == len(one)


def test_the_history_costs_the_same_for_one_question_and_for_three(alice: Person) -> None:
    history = f"{QUEUE}?shown=history"
    page(alice, history)
    counts: list[int] = []
    for number, subject in enumerate(["Mardi", "Mercredi", "Jeudi"]):
        shown = ask(alice, subject=subject)
        alice.api.post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown, "reject"))
        with counted() as queries:
            assert page(alice, history).count("item__title") == number + 1
        counts.append(len(queries))
    assert counts == [counts[0]] * 3


@pytest.mark.parametrize("query", ["before=nonsense", "before=01a1f891-14cb-737c-9c19-75c19fc86b22&shown=x"])
def test_a_wrong_place_in_the_history_is_no_fault(alice: Person, query: str) -> None:
    assert alice.browser.get(f"{QUEUE}?shown=history&{query}").status_code in {200, 404}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_shows_exactly_what_would_leave_and_its_seal(alice: Person, language: str) -> None:
    speak(alice, language)
    shown = ask(alice, body="Bonjour,\n  <b>10 h</b> & pas 11.")
    text = page(alice, url(shown))
    assert "Bonjour,\n  &lt;b&gt;10 h&lt;/b&gt; &amp; pas 11." in text
    assert "paul@example.com" in text
    assert seal_path(shown["envelope_digest"]) in text
    assert shown["envelope_digest"] in text
    assert "has-decide-bar" in text


def test_approving_without_javascript_sends_it_and_the_page_tells(alice: Person) -> None:
    shown = ask(alice)
    answer = alice.post(url(shown, "decide/"), vote(shown))
    assert (answer.status_code, answer.url) == (302, url(shown))
    after = page(alice, url(shown))
    assert 'class="toast"' in after
    assert 'hx-trigger="every 2s"' in after
    with alice.acting():
        carry_out_approved(shown["id"])
    done = page(alice, url(shown))
    with alice.looking():
        mail = OutboundMail.objects.get()
    assert f"/outbox/#m-{mail.pk}" in done
    assert "hx-trigger" not in done
    assert 'name="decision"' not in done


def test_refusing_keeps_the_reason_and_nothing_leaves(alice: Person) -> None:
    shown = ask(alice)
    alice.post(url(shown, "decide/"), vote(shown, "reject", comment="Pas maintenant."))
    assert "Pas maintenant." in page(alice, url(shown))
    assert status_of(alice, shown) == "rejected"
    with alice.looking():
        assert not OutboundMail.objects.exists()


def test_a_stale_tab_is_shown_the_page_again_with_the_reason(alice: Person) -> None:
    shown = ask(alice)
    answer = alice.post(url(shown, "decide/"), vote({"envelope_digest": "0" * 64}))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert 'role="alert"' in text
    assert shown["envelope_digest"] in text
    assert status_of(alice, shown) == "pending"


def test_the_second_of_two_tabs_sees_what_was_decided(alice: Person) -> None:
    shown = ask(alice)
    alice.post(url(shown, "decide/"), vote(shown, "reject"))
    late = alice.post(url(shown, "decide/"), vote(shown))
    assert late.status_code == 409
    assert 'id="outcome"' in late.content.decode()
    assert status_of(alice, shown) == "rejected"


def test_an_overdue_question_can_no_longer_be_decided(alice: Person) -> None:
    shown = ask(alice)
    make_overdue(alice, shown)
    assert 'name="decision"' not in page(alice, url(shown))
    assert alice.post(url(shown, "decide/"), vote(shown)).status_code == 410
    assert "queue__row" not in page(alice, QUEUE)


@pytest.mark.parametrize("form", [{}, {"decision": "maybe"}, {"decision": "approve"}, {"envelope_digest": "x" * 64}])
def test_an_unclear_decision_changes_nothing(alice: Person, form: dict[str, str]) -> None:
    shown = ask(alice)
    assert alice.post(url(shown, "decide/"), form).status_code == 400
    assert status_of(alice, shown) == "pending"


def test_a_decision_needs_the_epoch_of_its_page(alice: Person) -> None:
    shown = ask(alice)
    alice.browser.get(url(shown))
    assert alice.browser.post(url(shown, "decide/"), vote(shown)).status_code == 409
    assert status_of(alice, shown) == "pending"


def test_a_viewer_sees_that_it_waits_but_not_what(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice, workshop, to=["secret@example.com"], subject="Secret", body="Secret")
    make_viewer(bob, workshop)
    in_workshop(bob, workshop)
    for path in (QUEUE, url(shown)):
        text = page(bob, path)
        assert "ecret" not in text
        assert 'name="decision"' not in text
    assert bob.browser.get(url(shown, "edit/")).status_code == 403
    assert bob.post(url(shown, "edit/"), {"rebuild": "1"}).status_code == 403
    assert bob.post(url(shown, "decide/"), vote(shown)).status_code == 403
    assert status_of(alice, shown, workshop) == "pending"


def test_changing_the_words_leads_to_a_new_question(alice: Person) -> None:
    shown = ask(alice)
    assert 'value="Mardi"' in page(alice, url(shown, "edit/"))
    words = {"to": "a@example.com, b@example.com", "subject": "Mercredi", "body": "Bonjour,\r\nà demain."}
    answer = alice.post(url(shown, "edit/"), words)
    assert answer.status_code == 302
    with alice.looking():
        new = Checkpoint.objects.waiting().get()
    assert answer.url == f"{QUEUE}{new.pk}/"
    assert new.params == {
        "to": ["a@example.com", "b@example.com"],
        "subject": "Mercredi",
        "body": "Bonjour,\nà demain.",
    }
    assert f"{QUEUE}{new.pk}/" in page(alice, url(shown))
    assert url(shown) in page(alice, answer.url)
    dead = alice.post(f"{QUEUE}{new.pk}/decide/", vote(shown))
    assert dead.status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "nobody"),
        ("to", ""),
        ("to", "a@example.com," * 11),
        ("subject", ""),
        ("subject", "x" * 201),
        ("body", ""),
    ],
)
def test_wrong_words_are_told_beside_their_field(alice: Person, field: str, value: str) -> None:
    shown = ask(alice)
    words = {"to": "a@example.com", "subject": "Mercredi", "body": "Bonjour"} | {field: value}
    answer = alice.post(url(shown, "edit/"), words)
    assert answer.status_code == 400
    assert f'id="messageform_{field}_error"' in answer.content.decode()
    assert status_of(alice, shown) == "pending"


def test_a_changed_rule_set_is_told_and_sealing_anew_mends_it(alice: Person) -> None:
    shown = ask(alice)
    assert 'id="rebuild"' not in page(alice, url(shown))
    make_rule(alice, effect="log")
    stale = page(alice, url(shown))
    assert 'id="rebuild"' in stale
    assert 'value="approve"' not in stale
    answer = alice.post(url(shown, "edit/"), {"rebuild": "1"})
    fresh = page(alice, answer.url)
    assert 'id="rebuild"' not in fresh
    assert 'value="approve"' in fresh


def test_one_signature_of_two_is_told(alice: Person, bob: Person, workshop: Any) -> None:
    make_rule(alice, workshop, quorum=2)
    shown = ask(alice, workshop)
    in_workshop(alice, workshop)
    in_workshop(bob, workshop)
    alice.post(url(shown, "decide/"), vote(shown))
    assert 'name="decision"' not in page(alice, url(shown))
    seen = page(bob, url(shown))
    assert 'name="decision"' in seen
    assert seen.count('<li><span class="avatar"') == 2
    bob.post(url(shown, "decide/"), vote(shown))
    assert status_of(alice, shown, workshop) == "approved"


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("pending_effect", "nobody knows whether it happened"),
        ("failed", "certainly did not happen"),
        ("expired", "The time to decide is over"),
        ("cancelled", "Withdrawn"),
    ],
)
def test_every_end_is_told_in_a_sentence(alice: Person, status: str, sentence: str) -> None:
    speak(alice, "en")
    shown = ask(alice)
    with alice.acting(), transaction.atomic():
        row = Checkpoint.objects.get(pk=shown["id"])
        Execution.objects.create(checkpoint=row, state="failed", started_at=timezone.now())
        Checkpoint.objects.filter(pk=row.pk).update(status=status, decided_at=timezone.now())
    assert sentence in page(alice, url(shown))


def test_an_act_without_a_form_of_its_own_shows_its_parameters(alice: Person) -> None:
    make_rule(alice, conditions=[{"key": "action", "op": "eq", "value": "governance.person.update"}])
    with alice.acting(), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.person.update", {"display_name": "Alice <Roy>"})
    shown = stopped.value.checkpoint
    text = page(alice, url(shown))
    assert "<dt>display name</dt>" in text
    assert "Alice &lt;Roy&gt;" in text
    assert "Envois" in text
    assert url(shown, "edit/") not in text
    assert alice.browser.get(url(shown, "edit/")).status_code == 404


def test_a_run_shows_its_words_its_encoding_and_what_it_may_cost(alice: Person, monkeypatch: Any) -> None:
    shown = ask(alice)
    estimate = {"expected": 20_000, "worst_case": 25_001, "cost_pico_usd": 18_000_000_000}
    preview = {"form": "run", "request": "Résume le bail", "encoding": {"text": "ACT:SUM"}, "estimate": estimate}
    with alice.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=shown["id"]).update(
            action="governance.person.update", params={}, preview=preview, run_id=uuid7(), agent="nova"
        )
    monkeypatch.setattr("governance.checkpoints.runs._request", lambda run_id: "Résume le bail, en dix lignes")
    text = page(alice, url(shown))
    assert "ACT:SUM" in text
    assert "Résume le bail, en dix lignes" in text
    assert "2\N{NO-BREAK SPACE}501" in text
    assert "avatar--nova" in text
    assert "2\N{NO-BREAK SPACE}501" in page(alice, QUEUE)


def test_a_single_key_never_approves_a_red_question(alice: Person) -> None:
    yellow = ask(alice)
    make_rule(alice, level="high", conditions=[{"key": "recipient_domain", "op": "eq", "value": "example.org"}])
    red = ask(alice, to=["x@example.org"])
    assert "data-approve" not in page(alice, url(red))
    assert red["level"] == "high"
    assert yellow["level"] == "medium"


def test_a_strangers_question_is_another_identitys(alice: Person, charlie: Person) -> None:
    shown = ask(alice, subject="Secret")
    for answer in (
        charlie.browser.get(url(shown)),
        charlie.browser.get(url(shown, "edit/")),
        charlie.post(url(shown, "decide/"), vote(shown)),
        charlie.post(url(shown, "edit/"), {"rebuild": "1"}),
    ):
        assert answer.status_code == 403
        assert "Secret" not in answer.content.decode()
    assert charlie.browser.get(f"{QUEUE}{uuid7()}/").status_code == 404


def test_the_frame_counts_what_waits_and_what_is_left(alice: Person) -> None:
    assert 'class="diamond__count"' not in page(alice, QUEUE)
    ask(alice)
    ask(alice, subject="Mercredi")
    text = page(alice, QUEUE)
    assert 'class="diamond__count" aria-hidden="true">2<' in text
    assert "100\N{NO-BREAK SPACE}000" in text
