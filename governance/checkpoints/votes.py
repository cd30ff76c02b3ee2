"""Whether a vote still stands: those who had a part in it decide such questions now, and have ever since."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from governance.people.models import Membership


def still_decides(column: str, roles: Collection[str]) -> Q:
    """Does the person of a vote's column decide such questions now, and has since before the vote?"""
    return Q(
        Exists(
            Membership.objects.filter(
                identity_id=OuterRef("identity_id"),
                user_id=OuterRef(column),
                user__is_active=True,
                role__in=roles,
                created_at__lte=OuterRef("at"),
            )
        )
    )
