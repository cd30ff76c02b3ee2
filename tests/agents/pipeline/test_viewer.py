"""A viewer and a run that waits: they see that an approval waits, not what would leave (design 3.1)."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.html import escape

from governance.models import Checkpoint, Membership
from governance.perform import perform
from tests.agents.pipeline.runs import SEND, asked
from tests.cast import Api, Person

pytestmark = [pytest.mark.usefixtures("simulator"), pytest.mark.security]


def test_the_preview_of_a_run_is_shown_to_who_may_decide_only(alice: Person, bob: Person, workshop: Any) -> None:
    with alice.acting():
        perform("governance.credits.share", {"to": workshop.pk, "credits": 50_000})
    run = asked(Person(alice.user, workshop), SEND)
    with alice.looking(workshop):
        body = Checkpoint.objects.get(pk=run.checkpoint_id).preview["body"].strip().splitlines()[-1]
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    for who in (alice, bob):
        who.post(f"/identities/{workshop.pk}/activate/")
    pages = [
        "/home/", "/approvals/", "/pipelines/", f"/pipelines/{run.pk}/", f"/t/{run.thread_id}/",
        f"/approvals/{run.checkpoint_id}/", "/audit/",
    ]  # fmt: skip
    paths = [
        "nova/runs/", f"nova/runs/{run.pk}/", f"threads/{run.thread_id}/messages/",
        "governance/checkpoints/", f"governance/checkpoints/{run.checkpoint_id}/",
    ]  # fmt: skip
    seen = {path: bob.browser.get(path) for path in pages}
    api = Api(bob.user, workshop)
    seen |= {path: api.get(path) for path in paths}
    assert {path: answer.status_code for path, answer in seen.items()} == dict.fromkeys(seen, 200)
    for path, answer in seen.items():
        text = answer.content.decode()
        assert body not in text, path
        assert escape(body) not in text, path
    assert escape(body) in alice.browser.get(f"/approvals/{run.checkpoint_id}/").content.decode()
