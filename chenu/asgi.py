"""One ASGI process for HTTP and WebSockets."""

from __future__ import annotations

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
http = get_asgi_application()

from governance.live.routing import websocket_urlpatterns as live  # noqa: E402 (needs the applications)


async def nothing_here(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket nobody serves is refused at its handshake."""
    await send({"type": "websocket.close"})


# Each socket has its own door (governance.live.door): none may rely on the cookie alone.
sockets = URLRouter([*live, re_path("", nothing_here)])  # type: ignore[arg-type]
application = ProtocolTypeRouter({"http": http, "websocket": sockets})
