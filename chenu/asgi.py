"""One ASGI process for HTTP and WebSockets."""

from __future__ import annotations

import gc
import os
from typing import Any

gc.disable()  # loading makes only what stays: to look for garbage in it is a quarter of the time it takes

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django import setup  # noqa: E402
from django.urls import re_path  # noqa: E402

from chenu.handler import OneHop  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
setup(set_prefix=False)
http = OneHop()

import chenu.urls  # noqa: E402, F401 (needs the applications; else the first request would load it)
from governance.live.routing import websocket_urlpatterns as live  # noqa: E402


async def nothing_here(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket nobody serves is refused at its handshake."""
    await send({"type": "websocket.close"})


# Each socket has its own door (governance.live.door): none may rely on the cookie alone.
sockets = URLRouter([*live, re_path("", nothing_here)])  # type: ignore[arg-type]
application = ProtocolTypeRouter({"http": http, "websocket": sockets})

gc.freeze()
gc.enable()
