"""What a person may do in an identity, as the policies of all actions answer (design 3.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.isolation.context import IdentityContext, current
from governance.people.grants import IdentityPermission
from governance.people.owning import the_current
from governance.registry.actions import Action, all_actions


class OpenAction(BaseModel):
    """`effect` tells whether it reads, sends, pays …; the gate may still ask a person, or a rule refuse."""

    action: str
    effect: str
    label: str


class Granted(BaseModel):
    """A row of the identity. No action asks for one in this release: `actions` is what is in force."""

    key: str
    value: Any
    granted_by: UUID | None
    granted_at: str
    expires_at: str | None


class Permissions(BaseModel):
    role: str
    actions: list[OpenAction]
    granted: list[Granted]


class PermissionsView(APIView):
    @extend_schema(responses=Permissions, operation_id="auth_identity_permissions")
    def get(self, request: Request, identity: UUID) -> Response:
        """What the caller may do in the identity that is acted for, by role and by what is granted to it."""
        the_current(identity)
        actor = current()
        rows = IdentityPermission.objects.in_force()
        found = Permissions(
            role=actor.role,
            actions=[OpenAction(action=one.name, effect=one.effect, label=str(one.label)) for one in open_to(actor)],
            granted=[granted_out(row) for row in rows],
        )
        return Response(found.model_dump(mode="json"))


def granted_out(row: IdentityPermission) -> Granted:
    return Granted(
        key=row.key,
        value=row.value,
        granted_by=row.granted_by_id,
        granted_at=row.granted_at.isoformat(),
        expires_at=row.expires_at.isoformat() if row.expires_at else None,
    )


class _Unnamed:
    """Stands for parameters that nobody has given: no run, no object."""

    def __getattr__(self, name: str) -> UUID:
        return UUID(int=0)


def open_to(actor: IdentityContext) -> list[Action]:
    """The actions whose policies let the actor pass, by name."""
    return [action for action in all_actions().values() if action.policy(actor, _Unnamed())]
