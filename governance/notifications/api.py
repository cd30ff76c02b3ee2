"""`/api/v2/notifications/`: what one was told in the bound identity, and how one wants to be told (design 6)."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.access.signins import perform_for_oneself
from governance.isolation.context import current, reading
from governance.notices import shapes as elsewhere
from governance.notices.models import PersonNotice
from governance.notifications import shapes
from governance.notifications.actions import (
    PREFER,
    READ,
    READ_ALL,
    UNDO_ALL,
    UNREAD,
    AllRead,
    Prefer,
    ReadAll,
    UndoReadAll,
    find_own,
)
from governance.notifications.filters import NotificationFilter
from governance.notifications.models import Notification
from governance.registry.actions import NoParameters


class NotificationsView(APIView):
    @extend_schema(parameters=[NotificationFilter], responses=shapes.NotificationPage, operation_id="notifications")
    def get(self, request: Request) -> Response:
        """The newest first."""
        rows = query(request, NotificationFilter).apply(Notification.objects.of_person(current().person_id))
        return KeysetPages.answer(request, rows, shapes.notification_out)


class ReadView(APIView):
    @extend_schema(request=None, responses=shapes.NotificationOut, operation_id="notification_read")
    def post(self, request: Request, notification: UUID) -> Response:
        return mark(request, READ, notification)


class UnreadView(APIView):
    @extend_schema(request=None, responses=shapes.NotificationOut, operation_id="notification_unread")
    def post(self, request: Request, notification: UUID) -> Response:
        return mark(request, UNREAD, notification)


def mark(request: Request, action: str, notification: UUID) -> Response:
    with reading():
        find_own(current(), notification)
    refuse_spoofed_identity(request)
    validated(NoParameters, request.data)
    return act(request, action, {"notification": notification}, shapes.notification_out)


class ReadAllView(APIView):
    @extend_schema(request=ReadAll, responses=AllRead, operation_id="notifications_read_all")
    def post(self, request: Request) -> Response:
        """All, or those up to `until` or of one `type`. The answer's `at` undoes it."""
        refuse_spoofed_identity(request)
        return act(request, READ_ALL, request.data, lambda done: done.model_dump(mode="json"))


class UndoView(APIView):
    @extend_schema(request=UndoReadAll, responses={204: None}, operation_id="notifications_undo_read_all")
    def post(self, request: Request) -> Response:
        refuse_spoofed_identity(request)
        return act(request, UNDO_ALL, request.data, lambda _none: None, 204)


class PreferencesView(APIView):
    @extend_schema(responses=shapes.PreferencesOut, operation_id="notification_preferences")
    def get(self, request: Request) -> Response:
        """Of the person, for all their identities."""
        return Response(shapes.preferences_out(request.user))  # type: ignore[arg-type]

    @extend_schema(request=Prefer, responses=shapes.PreferencesOut, operation_id="notification_preferences_update")
    def patch(self, request: Request) -> Response:
        """Only what is named changes; an API token may not."""
        refuse_spoofed_identity(request)
        perform_for_oneself(request._request, PREFER, request.data)
        return self.get(request)


class ElsewhereView(APIView):
    @extend_schema(responses=elsewhere.NoticeList, operation_id="notifications_elsewhere")
    def get(self, request: Request) -> Response:
        """What waits in the person's identities, without its content, in one page: at most three each."""
        rows = PersonNotice.objects.of_person(current().person_id)
        return Response({"results": [elsewhere.notice_out(row) for row in rows]})
