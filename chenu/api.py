"""The API's URL map (design 6): one include per app, the schema and its pages."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path("", include("governance.api_urls")),
    path("", include("agents.api_urls")),
    path("", include("threads.api_urls")),
    path("", include("spheres.api_urls")),
]
