"""A thread says what it may use: its cap, as it is now."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from governance.uow import UnitOfWork
from threads.models import Thread

MOST_SHOWN = 2**31 - 1


def follow_cap(uow: UnitOfWork) -> None:
    """Whenever the cap of a thread's lifetime is set, in the same commit; a removed one leaves the figure as it was."""
    for news in uow.news:
        cap = news.data
        about_thread = news.kind == "budget.cap_changed" and cap["account"] == "thread" and cap["unit"] == "tokens"
        if about_thread and cap["period"] == "lifetime" and cap["limit"] is not None:
            Thread.objects.filter(pk=UUID(cap["ref"])).update(token_budget=min(cap["limit"], MOST_SHOWN))


def names(refs: list[str]) -> dict[str, tuple[str, str]]:
    """What the budgets of threads are called, and where these are."""
    titles = Thread.objects.filter(pk__in=[UUID(ref) for ref in refs]).values_list("pk", "title")
    return {str(pk): (title, reverse("thread-detail", args=[pk])) for pk, title in titles}
