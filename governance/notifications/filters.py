"""What a list of notifications may be asked for, on the page and in the API alike."""

from __future__ import annotations

from governance.notifications.models import Notification
from governance.notifications.querysets import NotificationQuerySet
from governance.registry.actions import Params


class NotificationFilter(Params):
    """Each condition narrows the list; `unread`: only those, or only what was read."""

    type: Notification.Type | None = None
    source: Notification.Source | None = None
    unread: bool | None = None

    def apply(self, rows: NotificationQuerySet) -> NotificationQuerySet:
        exact = {name: value for name, value in (("type", self.type), ("source", self.source)) if value is not None}
        if self.unread is not None:
            exact["read_at__isnull"] = self.unread  # type: ignore[assignment]
        return rows.filter(**exact)
