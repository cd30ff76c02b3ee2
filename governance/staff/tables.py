"""The tables of the installation in the admin: lists to read. None of their forms adds, changes or deletes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from governance.access.stepup import SECOND
from governance.jobs.models import Job
from governance.ledger.models import PICO_PER_USD, InstallationAccount
from governance.people.models import Identity, User

MOST_COUNTED = 10_000


class NewestPaginator(Paginator):
    """Counts no further than anybody turns pages: what is older is found by searching."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows[:MOST_COUNTED].count()


def narrowed(title: str | Promise, base: Any = admin.ChoicesFieldListFilter) -> type:
    """Django's filter of a field, under words of our own."""

    class Narrowed(base):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = title

    return Narrowed


def column(name: str, words: Any) -> Any:
    """A column under words of our own; what is chosen from a list is shown by its words."""

    @admin.display(description=words)
    def shown(row: Any) -> Any:
        display = getattr(row, f"get_{name}_display", None)
        value = display() if display else getattr(row, name)
        return date_format(localtime(value), "SHORT_DATETIME_FORMAT") if isinstance(value, datetime) else value

    shown.__name__ = name
    return shown


class Pages(ChangeList):
    """Django's list, which also knows the pages next to its own."""

    @property
    def before(self) -> int:
        return self.page_num - 1

    @property
    def after(self) -> int:
        return self.page_num + 1


class Table(admin.ModelAdmin):
    """A list that staff read. What changes something is an action with a page of its own."""

    title: str | Promise = ""
    lead: str | Promise = ""
    change_list_template = "staff/list.html"
    list_per_page = 50
    show_full_result_count = False
    paginator = NewestPaginator
    ordering = ("-pk",)
    sortable_by = ()
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what a filter offers: Django lets an address ask for any column, a password's digest too, bit by bit."""
        filters: Any = self.list_filter
        return any(lookup in {f"{name}__exact", f"{name}__isnull"} for name, _filter in filters)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Pages

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.title, "lead": self.lead})


class People(Table):
    """Who has an account. Neither passwords nor factors nor addresses they came from."""

    title, lead = _("People"), _("Who has an account here. What they keep in their identities is not shown.")
    list_display = (
        column("email", _("E-mail")), column("display_name", _("Name")), "active", "staff", "factor",
        column("joined_at", _("Since")),
    )  # fmt: skip
    list_filter = (
        ("is_active", narrowed(_("Account open"), admin.BooleanFieldListFilter)),
        ("is_staff", narrowed(_("Staff"), admin.BooleanFieldListFilter)),
    )
    search_fields = ("email", "display_name")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND)
        return super().get_queryset(request).annotate(has_factor=Exists(factors))

    @admin.display(description=_("Account"))
    def active(self, row: User) -> str | Promise:
        return pgettext("account", "open") if row.is_active else pgettext("account", "shut out")

    @admin.display(description=_("Staff"))
    def staff(self, row: User) -> str:
        return gettext("yes") if row.is_staff else "–"

    @admin.display(description=_("Second factor"))
    def factor(self, row: Any) -> str:
        return gettext("set up") if row.has_factor else gettext("none")


class Identities(Table):
    """Which identities there are; what is in them is behind the glass."""

    title, lead = _("Identities"), _("Which there are. What they hold is read through break-glass only.")
    list_display = (
        column("name", _("Name")), column("kind", _("Kind")), column("owner", _("Owner")), column("status", _("State")),
        column("region", _("Region")), column("created_at", _("Since")),
    )  # fmt: skip
    list_filter = (("kind", narrowed(_("Kind"))), ("status", narrowed(_("State"))), ("region", narrowed(_("Region"))))
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email")


class Jobs(Table):
    """The queue: kinds, states and ids."""

    title, lead = _("Jobs"), _("What the worker does, has done and has given up. Ids only.")
    list_display = (
        column("kind", _("Kind")), column("state", _("State")), column("tries", _("Tries")),
        column("last_error", _("Last error")), column("created_at", _("Asked for")),
        column("finished_at", _("Over since")),
    )  # fmt: skip
    list_filter = (("state", narrowed(_("State"))),)
    search_fields = ("kind",)


class Months(Table):
    """What each month has cost, in US dollars."""

    title, lead = _("Months"), _("What the installation has reserved and spent, month by month.")
    list_display = ("first_day", "spent", "held", "cap")
    list_display_links = None
    ordering = ("-month",)

    @admin.display(description=_("Month"))
    def first_day(self, row: InstallationAccount) -> str:
        return date_format(row.month, "YEAR_MONTH_FORMAT")

    @admin.display(description=_("Spent"))
    def spent(self, row: InstallationAccount) -> str:
        return dollars(row.pico_usd_spent)

    @admin.display(description=_("Reserved"))
    def held(self, row: InstallationAccount) -> str:
        return dollars(row.pico_usd_held)

    @admin.display(description=_("Ceiling"))
    def cap(self, row: InstallationAccount) -> str:
        return dollars(row.pico_usd_cap)


def dollars(pico: int) -> str:
    """Cents, rounded up: what is spent never looks like nothing."""
    cents = -(-pico * 100 // PICO_PER_USD)
    return _("US$%(amount)s") % {"amount": number_format(Decimal(cents) / 100, 2, force_grouping=True)}


TABLES: tuple[tuple[type, type[Table], str], ...] = (
    (User, People, "people"),
    (Identity, Identities, "identities"),
    (Job, Jobs, "jobs"),
    (InstallationAccount, Months, "months"),
)
