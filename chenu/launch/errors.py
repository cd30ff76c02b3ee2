"""The one error of this package."""

from __future__ import annotations


class LaunchError(Exception):
    """CHE·NU cannot start or go on; the message is one line a person can act on."""
