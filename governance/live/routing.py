"""The sockets of governance, for the project's router."""

from __future__ import annotations

from django.urls import path

from governance.live.consumers import LiveConsumer
from governance.live.words import RunConsumer

websocket_urlpatterns = [
    path("ws/live/", LiveConsumer.as_asgi(), name="live"),
    path("ws/pipeline/<uuid:run>/", RunConsumer.as_asgi(), name="live-run"),
]
