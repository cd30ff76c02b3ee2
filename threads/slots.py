"""Places on a thread's page that apps above this one fill: the run's card, Nova's button (design 2.1).

Register in an AppConfig's `ready()`. A provider answers with HTML it has made safe (as `format_html` or
a template does), or '' to show nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from threads.models import Thread


class Position(StrEnum):
    """RUN: above the conversation. COMPOSER: a button inside the writing form, beside Send (its text field is
    called `content`; use `formaction`). RAIL: below decisions and budget. HEAD: beside the title."""

    RUN = "run"
    COMPOSER = "composer"
    RAIL = "rail"
    HEAD = "head"


Provider = Callable[[HttpRequest, Thread], SafeString | str]
_providers: dict[Position, list[Provider]] = {position: [] for position in Position}


def register_slot(position: Position | str, provider: Provider) -> None:
    """Adds `provider(request, thread)` to a place; several share it in the order of their registration."""
    _providers[Position(position)].append(provider)


def unregister_slot(position: Position | str, provider: Provider) -> None:
    """Takes a provider away again."""
    _providers[Position(position)].remove(provider)


def filled(request: HttpRequest, thread: Thread) -> dict[str, list[SafeString]]:
    """What each place shows now. Text that nobody declared safe is escaped."""
    answers = {
        position.value: [conditional_escape(provider(request, thread)) for provider in providers]
        for position, providers in _providers.items()
    }
    return {name: [html for html in parts if html] for name, parts in answers.items()}
