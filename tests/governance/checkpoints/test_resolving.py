"""An effect whose outcome nobody knows: a person says what became of it, once (design 3.4)."""

from __future__ import annotations

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from governance.checkpoints.carrying import carry_out_approved
from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import AuditEntry, Execution, OutboundMail
from governance.perform import perform
from governance.registry import actions
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, status_of, vote
from tests.governance.checkpoints.test_flow import _with

RESOLVE = "governance.checkpoint.resolve"


@pytest.fixture
def doubtful(alice: Person, monkeypatch: Any) -> tuple[Person, dict[str, Any]]:
    """Her e-mail was begun, and the machine died."""

    class Killed(BaseException):
        pass

    def die(_row: Any) -> Any:
        raise Killed

    action = actions.get_action("governance.message.send")
    assert action.outside is not None
    shown = ask(alice)
    with alice.acting():
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
        broken = actions.Outside(die, action.outside.settle, action.outside.failed)
        monkeypatch.setitem(actions._actions, action.name, _with(action, broken))
        with pytest.raises(Killed):
            carry_out_approved(shown["id"])
        monkeypatch.undo()
        carry_out_approved(shown["id"])
    assert status_of(alice, shown) == "pending_effect"
    return alice, shown


@pytest.mark.parametrize(
    ("outcome", "status", "state", "mail"),
    [("happened", "executed", "done", "sent"), ("did_not_happen", "failed", "failed", "failed")],
)
def test_what_is_said_stands_everywhere(
    outcome: str, status: str, state: str, mail: str, doubtful: tuple[Person, dict[str, Any]]
) -> None:
    alice, shown = doubtful
    with alice.acting():
        assert perform(RESOLVE, {"checkpoint": shown["id"], "outcome": outcome, "note": "appelé"}).status == status
        carry_out_approved(shown["id"])  # a worker that comes back late repeats nothing
        with pytest.raises(Conflict):
            perform(RESOLVE, {"checkpoint": shown["id"], "outcome": "happened"})
    with alice.looking():
        execution = Execution.objects.get()
        assert (execution.state, execution.receipt["said_by"]) == (state, str(alice.user.pk))
        assert OutboundMail.objects.get().status == mail
        assert AuditEntry.objects.filter(action=RESOLVE, outcome="allowed").count() == 1


def test_only_what_is_in_doubt_is_resolved(alice: Person) -> None:
    shown = ask(alice)
    with alice.acting(), pytest.raises(Conflict) as known:
        perform(RESOLVE, {"checkpoint": shown["id"], "outcome": "happened"})
    assert known.value.code == "nothing_to_resolve"
    assert status_of(alice, shown) == "pending"


@pytest.mark.parametrize("change", [{"token_id": uuid7()}, {"agent": "nova", "run_id": uuid7()}, {"role": "viewer"}])
def test_only_a_person_says_so(change: dict[str, Any], doubtful: tuple[Person, dict[str, Any]]) -> None:
    alice, shown = doubtful
    with alice.acting(**change), pytest.raises(NotAllowed):
        perform(RESOLVE, {"checkpoint": shown["id"], "outcome": "happened"})


def test_the_page_asks_and_takes_the_answer(doubtful: tuple[Person, dict[str, Any]]) -> None:
    alice, shown = doubtful
    page = f"/approvals/{shown['id']}/"
    assert f"{page}resolve/" in alice.browser.get(page).content.decode()
    assert alice.post(f"{page}resolve/", {"outcome": "perhaps"}).status_code == 400
    assert alice.post(f"{page}resolve/", {"outcome": "did_not_happen", "note": "x" * 501}).status_code == 400
    assert status_of(alice, shown) == "pending_effect"
    assert alice.post(f"{page}resolve/", {"outcome": "did_not_happen"}).status_code == 302
    assert f"{page}resolve/" not in alice.browser.get(page).content.decode()


def test_by_the_api(doubtful: tuple[Person, dict[str, Any]]) -> None:
    alice, shown = doubtful
    url = f"governance/checkpoints/{shown['id']}/resolve/"
    assert alice.api.post(url, {"outcome": "perhaps"}).status_code == 400
    assert alice.api.post(url, {"outcome": "happened"}).json()["status"] == "executed"
    assert alice.api.post(url, {"outcome": "happened"}).status_code == 409


def test_an_unclear_outcome_is_refused(doubtful: tuple[Person, dict[str, Any]]) -> None:
    alice, shown = doubtful
    with alice.acting(), pytest.raises(BadInput):
        perform(RESOLVE, {"checkpoint": shown["id"], "outcome": ""})
