"""Pages of the admin that other apps have about what is theirs; each is behind the same gate as our own."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

Page = tuple[str, Callable[..., HttpResponse], str]
_pages: list[Page] = []


def register_pages(*pages: Page) -> None:
    """`(route, view, name)`, as in PAGES of the site; called while the app gets ready."""
    _pages.extend(page for page in pages if page not in _pages)


def registered() -> list[Page]:
    return [*_pages]
