"""Which outside accounts this installation accepts."""

from __future__ import annotations

from django.conf import settings


def providers() -> list[tuple[str, str]]:
    """(id, name) of the outside accounts that this installation accepts."""
    found = []
    for kind, options in settings.SOCIALACCOUNT_PROVIDERS.items():
        for app in options.get("APPS", []):
            found.append((app.get("provider_id") or kind, app["name"]))
    return found
