"""The site map. Stable English slugs, no language prefix: a link works for both languages (design C2)."""

from __future__ import annotations

from django.urls import include, path

from chenu.home import home
from chenu.views import landing
from governance.access import pages
from governance.people import views as people
from governance.staff.site import site as staff

urlpatterns = [
    path("", landing, name="landing"),
    path("language/", people.choose_language, name="set_language"),
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("", include("governance.urls")),
    path("accounts/", include("allauth.account.urls")),  # after our own pages of accounts
    path("", include("agents.urls")),
    path("", include("threads.urls")),
    path("home/", home, name="home"),
    path("", include("spheres.urls")),
    path("admin/", staff.urls),
    path("api/v2/", include("chenu.api")),
    path("v1/", include("agents.gateway.urls")),
]

handler400 = "governance.access.pages.bad_request"
handler404 = "governance.access.pages.not_found"
handler429 = "governance.access.pages.too_many"
handler500 = "governance.access.pages.server_error"
