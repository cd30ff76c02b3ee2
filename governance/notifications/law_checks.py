"""Are quiet hours honoured?"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.laws.checks import Finding, none_of, register_check
from governance.notifications.mailing import LEASE, is_urgent
from governance.notifications.models import Notification, QuietHours
from governance.notifications.quiet import quiet_until
from governance.people.models import User

LATELY = timedelta(minutes=10)  # quiet hours may be set anew at any time: what left before is not judged by them
AT_ONCE = 2000


def disturbed() -> Finding:
    """E-mails that have just left though it had been quiet for longer than their sending takes."""
    since = timezone.now() - LATELY
    hours = {row.person_id: row for row in QuietHours.objects.all()}
    left = Notification.objects.filter(mailed_at__gte=since, person_id__in=hours).order_by("-mailed_at")[:AT_ONCE]
    rows = [row for row in left if not is_urgent(row)]
    zones = dict(User.objects.filter(pk__in={row.person_id for row in rows}).values_list("pk", "timezone"))
    return none_of(sum(in_quiet(row, hours[row.person_id], zones[row.person_id]) for row in rows), "e-mails disturbed")


def in_quiet(row: Notification, hours: QuietHours, zone: str) -> bool:
    moments = (row.mailed_at, row.mailed_at - LEASE)  # type: ignore[operator]
    return all(quiet_until(each, zone, hours.starts, hours.ends) for each in moments)  # type: ignore[arg-type]


def register() -> None:
    register_check("L2", "time.quiet", _("No e-mail disturbs quiet hours"), disturbed)
