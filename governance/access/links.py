"""Links that leave by e-mail: to the address this installation knows itself by, not the one a request names."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def link_to(request: HttpRequest, path_or_url: str) -> str:
    """The whole address of a page of ours. With a public URL the Host header (and its port) says nothing."""
    path = urlsplit(path_or_url)._replace(scheme="", netloc="").geturl()
    if settings.PUBLIC_URL:
        return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
    return request.build_absolute_uri(path)
