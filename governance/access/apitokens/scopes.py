"""What a token may be given, and what a request needs (design 6.2): refused unless it was given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext_lazy as _

from governance.errors import OutOfScope

RESOURCES = {
    "agents": _("Agents"),
    "backstage": _("Suggestions"),
    "calendar": _("Calendar"),
    "captures": _("Captures"),
    "construction": _("Construction"),
    "dataspaces": _("DataSpaces"),
    "exports": _("Exports"),
    "files": _("Files"),
    "governance": _("Governance"),
    "immobilier": _("Real estate"),
    "imports": _("Imports"),
    "inbox": _("Inbox"),
    "items": _("Notes"),
    "layouts": _("Layouts"),
    "llm": _("Models"),
    "meetings": _("Meetings"),
    "memory": _("Memory"),
    "notifications": _("Notifications"),
    "nova": _("Nova"),
    "ocw": _("Whiteboards"),
    "oneclick": _("1-Click"),
    "schedules": _("Schedules"),
    "search": _("Search"),
    "spheres": _("Spheres"),
    "tasks": _("Tasks"),
    "threads": _("Threads"),
    "trash": _("Trash"),
    "webhooks": _("Webhooks"),
    "workspaces": _("Workspaces"),
    "xr": _("XR rooms"),
}
READ_ONLY = frozenset({"webhooks"})  # where the identity's events go is said by a person in person
SCOPES = (
    *(
        f"{resource}:{verb}"
        for resource in RESOURCES
        for verb in (("read",) if resource in READ_ONLY else ("read", "write"))
    ),
    "llm:complete",
    "nova:run",
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
API, GATEWAY = "/api/v2/", "/v1/"
COMPLETE = "/api/v2/llm/complete"
FREE = frozenset({"/api/v2/auth/me/", "/api/v2/auth/identities/"})  # who am I: any token may ask


@cache
def offered() -> tuple[str, ...]:
    """The scopes that open something in this release."""
    needed = {needed_scope(method, path) for path, method in _operations(get_resolver(), "/")}
    return tuple(scope for scope in SCOPES if scope in needed)


def _operations(resolver: URLResolver, before: str) -> Iterator[tuple[str, str]]:
    """Path and method of everything under the API and the gateway."""
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _operations(pattern, path)
        elif path.startswith((API, GATEWAY)):
            yield from ((path, method) for method in _methods(pattern))


def _methods(pattern: URLPattern) -> list[str]:
    view = getattr(pattern.callback, "cls", None)
    return [method for method in ("GET", "POST") if _answers(view, method)]


def _answers(view: object, method: str) -> bool:
    if method == "GET":
        return hasattr(view, "get")
    return any(hasattr(view, name) for name in ("post", "put", "patch", "delete"))


def check_scope(token: object, method: str, path: str) -> None:
    """Raises OutOfScope when the token was not given what `method path` needs."""
    needed = needed_scope(method, path)
    if needed is not None and needed not in token.scopes:  # type: ignore[attr-defined]
        raise OutOfScope(needed)


def needed_scope(method: str, path: str) -> str | None:
    """The scope; '' where no token may ever go; None where any may."""
    if path.startswith(GATEWAY) or path.rstrip("/") == COMPLETE:
        return "llm:complete"
    if path in FREE and method in SAFE:
        return None
    resource = path.removeprefix(API).partition("/")[0]
    if resource not in RESOURCES or (resource in READ_ONLY and method not in SAFE):
        return ""
    if resource == "nova" and method not in SAFE:
        return "nova:run"
    return f"{resource}:{'read' if method in SAFE else 'write'}"
