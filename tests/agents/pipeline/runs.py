"""Runs in each of their states, made as people and the worker make them."""

from __future__ import annotations

from typing import Any

from agents.models import Run
from agents.pipeline.card import Card, card_of
from agents.runtime.loop import execute
from governance.isolation.context import Channel
from governance.models import Checkpoint
from governance.perform import perform
from tests.cast import Person

QUESTION = "Que contient ma note Jardin ?"
SEND = "Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi"
UNCLEAR = "Supprime toutes mes notes"
SECRET = "Résume mon dossier médical, c’est top secret"


def started(person: Person, text: str = QUESTION, **more: Any) -> Run:
    """A run that no worker has taken yet."""
    with person.acting():
        return perform("agents.run.start", {"text": text, "sphere": "personal", **more})


def worked(person: Person, run: Run) -> Run:
    """A worker takes the run as far as it goes."""
    with person.acting(channel=Channel.TASK):
        execute(run.pk)
    with person.looking():
        return Run.objects.select_related("thread").get(pk=run.pk)


def asked(person: Person, text: str = QUESTION, **more: Any) -> Run:
    return worked(person, started(person, text, **more))


def decided(person: Person, run: Run, decision: str = "approve") -> None:
    with person.looking():
        row = Checkpoint.objects.get(pk=run.checkpoint_id)
    with person.acting():
        perform(
            "governance.checkpoint.decide",
            {"checkpoint": row.pk, "decision": decision, "envelope_digest": row.envelope_digest},
        )


def stopped(person: Person, run: Run) -> None:
    with person.acting():
        perform("agents.run.stop", {"run": run.pk})


def card(person: Person, run: Run) -> Card:
    with person.looking() as actor:
        return card_of(Run.objects.select_related("thread").get(pk=run.pk), actor)


def states(shown: Card) -> list[str]:
    return [step.state for step in shown.line.steps]
