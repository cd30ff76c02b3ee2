"""`/api/v2/governance/ledger/` and `budgets/` (design 6.2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, query
from governance.isolation.lookup import find
from governance.ledger import shapes
from governance.ledger.models import Account, LedgerEntry
from governance.ledger.tree import accounts_now, root_now
from governance.registry.actions import Params


class LedgerFilter(Params):
    """One account of the tree; by default the identity's own. A thread or run without an account has no rows."""

    account: UUID | None = None
    thread: UUID | None = None
    run: UUID | None = None

    def named(self) -> list[Any]:
        """The accounts that are named, all of which a row must belong to (so at most one of them has rows)."""
        found = [find(Account.objects, self.account).pk] if self.account is not None else []
        for kind, ref in ((Account.Kind.THREAD, self.thread), (Account.Kind.RUN, self.run)):
            if ref is not None:
                found.append(Account.objects.filter(kind=kind, ref=str(ref)).values_list("pk", flat=True).first())
        return found or [Account.objects.filter(kind=Account.Kind.IDENTITY).values_list("pk", flat=True).first()]


class BudgetFilter(Params):
    kind: Account.Kind | None = None
    parent: UUID | None = None


class ParentsFirst(KeysetPages):
    """In the order in which accounts were opened: no child comes before its parent."""

    ordering = "id"


class LedgerView(APIView):
    @extend_schema(parameters=[LedgerFilter], responses=shapes.LedgerPage, operation_id="governance_ledger")
    def get(self, request: Request) -> Response:
        """Movements of one account, the newest first."""
        rows = LedgerEntry.objects.all()
        for account in query(request, LedgerFilter).named():
            rows = rows.filter(account_id=account) if account is not None else rows.none()
        return KeysetPages.answer(request, rows, shapes.ledger_out)


class BudgetsView(APIView):
    @extend_schema(parameters=[BudgetFilter], responses=shapes.AccountPage, operation_id="governance_budgets")
    def get(self, request: Request) -> Response:
        """The tree as a list: identity, spheres, threads, runs; each names its parent."""
        asked = query(request, BudgetFilter)
        if asked.parent is not None:
            find(Account.objects, asked.parent)
        given = {"kind": asked.kind, "parent_id": asked.parent}
        wanted = {name: value for name, value in given.items() if value is not None}
        pages = ParentsFirst()
        rows = pages.paginate_queryset(Account.objects.filter(**wanted).prefetch_related("caps"), request) or []
        shown = accounts_now(rows)
        if not rows and asked.parent is None and asked.kind in {None, Account.Kind.IDENTITY}:
            shown = [root_now()]
        return pages.get_paginated_response([shapes.account_out(account) for account in shown])
