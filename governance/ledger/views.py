"""`/budgets/`: the tree of accounts, level by level, with what is used, reserved and left."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from governance.access.showing import asked_id, newest_page, show
from governance.isolation.lookup import find
from governance.ledger.models import Account, LedgerEntry
from governance.ledger.tree import AccountNow, accounts_now, root_now

CHILDREN = 50
MOVEMENTS = 20
DEEPEST = 4


@require_safe
def budgets(request: HttpRequest) -> HttpResponse:
    """The identity's account, or the one named by `?account=`, with those below it and its last movements."""
    here = account_of(request)
    children, more = below(request, here)
    context = {
        "here": here,
        "above": above(here),
        "children": children,
        "more": more,
        "movements": list(LedgerEntry.objects.filter(account_id=here.id).newest_first()[:MOVEMENTS]),
    }
    return show(request, "governance/budgets.html", context)


def account_of(request: HttpRequest) -> AccountNow:
    named = asked_id(request, "account")
    if named is None:
        return root_now()
    return accounts_now([find(Account.objects.prefetch_related("caps"), named)])[0]


def below(request: HttpRequest, here: AccountNow) -> tuple[list[AccountNow], UUID | None]:
    """The accounts below, the newest first, and where the next page begins."""
    if here.id is None:
        return [], None
    rows = Account.objects.filter(parent_id=here.id).prefetch_related("caps")
    found, more = newest_page(request, rows, CHILDREN)
    return accounts_now(found), more


def above(here: AccountNow) -> list[AccountNow]:
    """The way up, from the identity's account down to the parent."""
    path: list[Account] = []
    node = here.parent
    while node is not None and len(path) < DEEPEST:
        row = Account.objects.prefetch_related("caps").get(pk=node)
        path.insert(0, row)
        node = row.parent_id
    return accounts_now(path)
