"""What is asked before anything crosses: is there such an object, may it go there, and what exactly would go.

The preview is rebuilt before it is carried out: an object that has changed meanwhile makes the approval stale.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.crossings.kinds import Parcel, get_kind
from governance.crossings.models import Crossing
from governance.crossings.policies import may_answer
from governance.errors import BadInput, Conflict, IdentityBoundary, NotAllowed, NotThere
from governance.isolation.context import current
from governance.isolation.lookup import find
from governance.people.models import Identity, Membership
from governance.people.policies import WRITERS
from governance.registry.actions import Params

EXCERPT = 2_000

SphereCode = Literal[
    "personal", "business", "government", "creative", "community", "social", "entertainment", "team", "scholar"
]
KindCode = Literal["item", "thread", "message", "decision"]
FormCode = Literal["copy", "reference"]


class RequestTransfer(Params):
    """Asks to take one object into another sphere of the same identity. A person approves it first."""

    kind: KindCode = Field(default="item", description="What it is: item, thread, message or decision.")
    object: UUID = Field(description="The id of what is to be taken there.")
    to_sphere: SphereCode = Field(description="The sphere it should go to.")
    form: FormCode = Field(default="copy", description="A copy, or a read-only reference that can be withdrawn.")
    note: str = Field(default="", max_length=500, description="Why")


class OfferTransfer(Params):
    """Offers one object to another identity of the same person. It is approved here, then accepted there."""

    kind: KindCode = "item"
    object: UUID
    to_identity: UUID
    form: FormCode = "copy"
    note: str = Field(default="", max_length=500)


class AcceptTransfer(Params):
    """Takes what was offered into a sphere of the identity it was offered to."""

    transfer: UUID
    sphere: SphereCode


def packed(params: RequestTransfer | OfferTransfer, lock: bool = False) -> Parcel:
    """The object as it would cross; raises BadInput for what only refers to something else."""
    return get_kind(params.kind).pack(params.object, lock)


def request_facts(params: RequestTransfer) -> dict[str, Any]:
    parcel = packed(params)
    return {"sphere": parcel.sphere, "target_sphere": params.to_sphere, "resource_type": params.kind}


def offer_facts(params: OfferTransfer) -> dict[str, Any]:
    return {"sphere": packed(params).sphere, "crosses_identity": True, "resource_type": params.kind}


def accept_facts(params: AcceptTransfer) -> dict[str, Any]:
    return {"target_sphere": params.sphere, "crosses_identity": True, "resource_type": offered(params.transfer).kind}


def destination(pk: UUID) -> Identity:
    """The other identity, in which the person must write themselves.

    Raises BadInput for the bound one, IdentityBoundary for one that is not theirs (any more), NotThere for none,
    Conflict for an archived one, NotAllowed where they only look on.
    """
    actor = current()
    if pk == actor.identity_id:
        raise BadInput(errors={"to_identity": [_("It is in this identity already.")]})
    mine = Membership.objects.filter(user_id=actor.person_id, identity_id=pk).select_related("identity").first()
    if mine is None and not Identity.objects.filter(pk=pk).exists():
        raise NotThere()
    if mine is None:
        raise IdentityBoundary("invalid_identity", resource=Identity._meta.label_lower, target=pk)
    if mine.identity.status != Identity.Status.ACTIVE:
        raise Conflict("identity_closed", _("This identity is archived: bring it back first."))
    if mine.role not in WRITERS:
        raise NotAllowed(_("You only look on in that identity: nothing can be offered to it."))
    return mine.identity


def offered(pk: UUID) -> Crossing:
    """What was offered to the person; raises NotThere when it is not theirs to see, Conflict when it is over."""
    row: Crossing = find(Crossing.objects, pk)
    check_answerable(row)
    return row


def check_answerable(row: Crossing) -> None:
    if not may_answer(current(), row):
        raise NotThere()
    if row.state != Crossing.State.OFFERED:
        raise over()


def over() -> Conflict:
    """What everybody hears who comes too late."""
    return Conflict("crossing_over", _("This offer is over: it was answered, or withdrawn."))


def request_preview(params: RequestTransfer) -> dict[str, Any]:
    parcel = packed(params)
    if parcel.sphere == params.to_sphere:
        raise BadInput(errors={"to_sphere": [_("It is in this sphere already.")]})
    return _told(parcel, params) | {"to_sphere": params.to_sphere, "reversible": True}


def offer_preview(params: OfferTransfer) -> dict[str, Any]:
    there = destination(params.to_identity)
    named = {"to_identity": str(there.pk), "to_name": there.name}
    return _told(packed(params), params) | named | {"reversible": params.form == "reference"}


def _told(parcel: Parcel, params: RequestTransfer | OfferTransfer) -> dict[str, Any]:
    """What an approver reads: the beginning of the text, and the digest of all of it."""
    return {
        "form": "transfer",
        "subject": parcel.title,
        "kind": parcel.kind,
        "object": str(params.object),
        "as": params.form,
        "from_sphere": parcel.sphere,
        "excerpt": parcel.text[:EXCERPT],
        "length": len(parcel.text),
        "digest": parcel.digest,
        "note": params.note,
        "resources": [str(params.object)],
    }


def accept_preview(params: AcceptTransfer) -> dict[str, Any]:
    """Without the text: until it is in, it is for one person alone to read, on the page of the offer."""
    row = offered(params.transfer)
    return {
        "form": "transfer",
        "subject": row.title,
        "kind": row.kind,
        "crossing": str(row.pk),
        "as": row.form,
        "to_sphere": params.sphere,
        "digest": row.digest,
        "resources": [str(row.pk)],
        "reversible": True,
    }


def crossing_question(preview: dict[str, Any]) -> str:
    """One sentence; also for questions of former releases, which knew the subject alone."""
    words = {"subject": preview["subject"]}
    if "crossing" in preview:
        return gettext("Take in “%(subject)s” from another identity of yours?") % words
    if "to_name" in preview:
        return gettext("Offer “%(subject)s” to %(name)s?") % {**words, "name": preview["to_name"]}
    if preview.get("as") == Crossing.Form.REFERENCE:
        return gettext("Let another sphere refer to “%(subject)s”?") % words
    return gettext("Copy “%(subject)s” into another sphere?") % words
