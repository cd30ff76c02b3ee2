"""`/budgets/`: the tree of accounts, level by level, with what is used, reserved and left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance.access.showing import asked_id, newest_page, show
from governance.errors import NotThere
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.ledger.burning import burn_of
from governance.ledger.caps import may_set_caps
from governance.ledger.models import Account, LedgerEntry
from governance.ledger.plot import plot_of
from governance.ledger.tree import AccountNow, accounts_now, newest_below, root_now, window_starts

Starts = dict[str, date]

CHILDREN = 50
GRANDCHILDREN = 3
MOVEMENTS = 20
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Branch:
    """An account of the tree, with the newest of those below it; `more`: there are others."""

    account: AccountNow
    below: list[AccountNow]
    more: bool


@require_safe
def budgets(request: HttpRequest) -> HttpResponse:
    """The identity's account, or the one named by `?account=`, with those below it and its last movements."""
    starts = window_starts()
    here = account_of(request, starts=starts)
    branches, more = below(request, here, starts)
    context = {
        "here": here,
        "above": above(here, starts),
        "branches": branches,
        "more": more,
        "may_set": may_set_caps(current()),
        "movements": list(LedgerEntry.objects.filter(account_id=here.id).newest_first()[:MOVEMENTS]),
    }
    return show(request, "governance/budgets.html", context)


@require_safe
def burn_down(request: HttpRequest) -> HttpResponse:
    """How the cap named by `?account=&unit=&period=` is used up in its present window: plot, forecast and table."""
    with reading():
        starts = window_starts()
        here = account_of(request, starts=starts)
        named = (request.GET.get("unit"), request.GET.get("period"))
        cap = next((cap for cap in here.caps if (cap.unit, cap.period) == named), None)
        if cap is None:
            raise NotThere()
        burn = burn_of(here, cap, starts)
    back = reverse("budgets") + (f"?account={here.id}" if here.parent else "")
    context = {"here": here, "cap": cap, "burn": burn, "plot": plot_of(burn), "back": back}
    return show(request, "governance/burn_down.html", context)


def account_of(request: HttpRequest, named: UUID | None = None, starts: Starts | None = None) -> AccountNow:
    named = named or asked_id(request, "account")
    if named is None:
        return root_now(starts)
    return accounts_now([find(Account.objects.prefetch_related("caps"), named)], starts)[0]


def below(request: HttpRequest, here: AccountNow, starts: Starts) -> tuple[list[Branch], UUID | None]:
    """Two levels below, the newest first, and where the next page begins."""
    if here.id is None:
        return [], None
    found, more = newest_page(request, Account.objects.filter(parent_id=here.id), CHILDREN)
    further = newest_below([row.pk for row in found], GRANDCHILDREN + 1)
    rows = [*found, *further]
    prefetch_related_objects(rows, "caps")
    shown = accounts_now(rows, starts)
    under: dict[UUID | None, list[AccountNow]] = {}
    for child in shown[len(found) :]:
        under.setdefault(child.parent, []).append(child)
    branches = [
        Branch(one, under.get(one.id, [])[:GRANDCHILDREN], len(under.get(one.id, [])) > GRANDCHILDREN)
        for one in shown[: len(found)]
    ]
    return branches, more


def above(here: AccountNow, starts: Starts | None = None) -> list[AccountNow]:
    """The way up, from the identity's account down to the parent."""
    path: list[Account] = []
    node = here.parent
    while node is not None and len(path) < DEEPEST:
        row = Account.objects.prefetch_related("caps").get(pk=node)
        path.insert(0, row)
        node = row.parent_id
    return accounts_now(path, starts) if path else []
