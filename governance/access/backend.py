"""Who a session or token stands for, read together with the identities they may act for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend

from governance.people.models import Membership, User


class Backend(AuthenticationBackend):
    """allauth's; the door needs the memberships with every request, so both are one read."""

    def get_user(self, user_id: UUID | str) -> User | None:
        """The person, with `live_memberships`; somebody without any is looked up alone."""
        memberships = list(Membership.objects.of_person(user_id).select_related("user", "identity"))  # type: ignore[arg-type]
        if not memberships:
            return super().get_user(user_id)  # type: ignore[no-any-return]
        person: Any = memberships[0].user
        person.live_memberships = memberships
        return person  # type: ignore[no-any-return]
