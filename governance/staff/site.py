"""The admin's own site: django-otp's, with our door before it, our pages in it, and nothing of Django's that writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_otp.admin import OTPAdminSite

from governance.errors import NotThere
from governance.staff import glass_views, stop_views, views, watching
from governance.staff.gate import verify
from governance.staff.pages import registered
from governance.staff.tables import TABLES


class StaffSite(OTPAdminSite):
    """Reachable for staff who showed a second factor; asked twice, by the door and here."""

    enable_nav_sidebar = False
    final_catch_all_view = False

    def __init__(self) -> None:
        super().__init__("admin")
        for model, table, _slug in TABLES:
            self.register(model, table)

    def has_permission(self, request: HttpRequest) -> bool:
        verify(request)
        return bool(super().has_permission(request))

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Nobody is led to a sign-in of Django's own: there is none."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                raise NotThere()
            return view(request, *args, **kwargs)

        return never_cache(update_wrapper(guarded, view))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Our pages have a navigation of their own."""
        return []

    def get_urls(self) -> list[Any]:
        """Lists of the tables, and pages of our own; no add, change, delete, history, login or password."""
        lists = [
            self._page(f"{slug}/", require_safe(self._registry[model].changelist_view), f"{_named(model)}_changelist")
            for model, _table, slug in TABLES
        ]
        return [*lists, *(self._page(*page) for page in (*PAGES, *registered()))]

    def _page(self, route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        return path(route, self.admin_view(view), name=name)


def _named(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


PAGES: tuple[tuple[str, Callable[..., HttpResponse], str], ...] = (
    ("", views.index, "index"),
    ("people/<uuid:pk>/", views.person, "governance_user_change"),
    ("people/<uuid:pk>/suspend/", views.suspend, "person-suspend"),
    ("people/<uuid:pk>/reactivate/", views.reactivate, "person-reactivate"),
    ("people/<uuid:pk>/unlock/", views.unlock, "person-unlock"),
    ("identities/<uuid:pk>/", views.identity, "governance_identity_change"),
    ("jobs/<uuid:pk>/", views.job, "governance_job_change"),
    ("jobs/<uuid:pk>/retry/", views.job_retry, "job-retry"),
    ("jobs/<uuid:pk>/cancel/", views.job_cancel, "job-cancel"),
    ("ceiling/", views.ceiling, "ceiling"),
    ("stops/", stop_views.stops, "stops"),
    ("stops/<uuid:pk>/lift/", stop_views.lift, "stop-lift"),
    ("rules/", views.rules, "rules"),
    ("laws/", watching.laws, "laws"),
    ("log/", views.log, "log"),
    ("log/verify/", watching.log_verify, "log-verify"),
    ("log/verify/state/", watching.log_verify_state, "log-verify-state"),
    ("log/<uuid:pk>/", views.entry, "log-entry"),
    ("glass/", glass_views.looks, "glass"),
    ("glass/open/<uuid:identity>/", glass_views.open_glass, "glass-open"),
    ("glass/<uuid:glass>/", glass_views.glass_detail, "glass-detail"),
    ("glass/<uuid:glass>/end/", glass_views.end_glass, "glass-end"),
    ("glass/<uuid:glass>/<slug:table>/", glass_views.table, "glass-table"),
    ("glass/<uuid:glass>/<slug:table>/<uuid:row>/", glass_views.row, "glass-row"),
)

site = StaffSite()
