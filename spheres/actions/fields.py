"""Parameters that several actions share, and what they must fulfil."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.errors import BadInput, Conflict, Unprocessable
from governance.isolation.context import current
from governance.isolation.lookup import find
from governance.people.models import Membership
from spheres.models import DataSpace, DataSpaceStatus


def sphere_field() -> Any:
    """The field `sphere` of a creation."""
    return Field(
        description="The one sphere it belongs to: personal, business, government, creative, community, social, "
        "entertainment, team or scholar."
    )


def is_web_address(text: str) -> bool:
    """True for one http(s) address with a host, without blanks."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, text))


def open_dataspace(pk: UUID | None, sphere: str) -> DataSpace | None:
    """The DataSpace that something of `sphere` may be put into, locked against archiving; None for None.

    Raises Unprocessable `sphere_mismatch` or Conflict `dataspace_closed`.
    """
    if pk is None:
        return None
    space = find(DataSpace.objects.select_for_update(), pk)
    if space.sphere != sphere:
        raise Unprocessable("sphere_mismatch", _("This DataSpace belongs to another sphere."))
    if space.status != DataSpaceStatus.ACTIVE:
        raise closed()
    return space


def closed() -> Conflict:
    """What everybody hears who wants to put something into an archived DataSpace."""
    return Conflict("dataspace_closed", _("This DataSpace is archived: it can be read, not changed."))


def require_member(person: UUID | None) -> None:
    """Raises BadInput on `assignee` for somebody who is not a member of the identity."""
    if person is None:
        return
    if not Membership.objects.filter(identity_id=current().identity_id, user_id=person).exists():
        raise BadInput(errors={"assignee": [_("This person is not a member of the identity.")]})
