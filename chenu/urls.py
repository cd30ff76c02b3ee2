"""The site map. Stable English slugs, no language prefix: a link works for both languages (design C2)."""

from __future__ import annotations

from django.urls import include, path

from chenu.home import home
from chenu.views import landing
from governance.access import pages
from governance.people import views as people

urlpatterns = [
    path("", landing, name="landing"),
    path("language/", people.choose_language, name="set_language"),
    path("accounts/", include("allauth.account.urls")),
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("", include("governance.urls")),
    path("", include("agents.urls")),
    path("", include("threads.urls")),
    path("home/", home, name="home"),
    path("", include("spheres.urls")),
    path("api/v2/", include("chenu.api")),
]

handler400 = "governance.access.pages.bad_request"
handler404 = "governance.access.pages.not_found"
handler500 = "governance.access.pages.server_error"
