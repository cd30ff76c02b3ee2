"""Three notes to try Nova with, for who opens an empty sphere."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.errors import Conflict
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from spheres.actions.captures import CreateCapture, RouteCapture
from spheres.actions.fields import sphere_field
from spheres.facts import SphereSlug
from spheres.models import Item


class CaptureExamples(Params):
    """Captures three example notes into a sphere that holds none yet, and files them."""

    sphere: SphereSlug = sphere_field()


@action("spheres.example.capture", Effect.CREATE, params=CaptureExamples, policy=may_write, label=_("Capture examples"))
def capture_examples(uow: UnitOfWork, params: CaptureExamples) -> list[Item]:
    """The three notes, the first one first. Raises Conflict `not_empty` where somebody has written already."""
    if Item.objects.alive().filter(sphere=params.sphere).exists():
        raise Conflict("not_empty", _("Examples go into an empty sphere only: something is here already."))
    return [_noted(uow, params.sphere, text) for text in example_texts()]


def _noted(uow: UnitOfWork, sphere: SphereSlug, text: str) -> Item:
    """Captured and filed as a person would: two steps, each with its own entry."""
    captured: Any = uow.also("spheres.capture.create", CreateCapture(content=text, sphere=sphere))
    routed: Any = uow.also("spheres.capture.route", RouteCapture(capture=captured.pk, to="note"))
    return Item.objects.get(pk=routed.routed_id)


def example_texts() -> tuple[str, ...]:
    """What the three say, in the reader's language; the first line becomes the title."""
    return (
        gettext(
            "Tuesday's meeting\nMeet Paul at 10 a.m. at the notary's. Bring the deed and two pieces of identification."
        ),
        gettext("Garden\nSow the tomatoes before 15 May, under cover. Order three bags of compost."),
        gettext("Insurance\nThe home policy renews on 1 July. Compare two quotes before answering the broker."),
    )
