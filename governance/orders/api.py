"""`/api/v2/governance/orders/…`: payment orders, their states, their files, and the account they are paid from."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.orders import shapes
from governance.orders.drafting import CREATE, UPDATE
from governance.orders.ending import CANCEL, SETTLE, WITHDRAW
from governance.orders.exporting import MOST
from governance.orders.files import orders_file
from governance.orders.models import PayingAccount, PaymentOrder
from governance.orders.paying import SET_ACCOUNT, SetAccount
from governance.orders.policies import may_keep_orders, may_set_account
from governance.orders.submitting import submit
from governance.orders.terms import ChangedTerms, OrderTerms
from governance.registry.actions import NoParameters, Params

Form = Literal["csv", "pdf", "pain"]
FILES = {(200, kind): OpenApiTypes.BINARY for kind in ("text/csv", "application/pdf", "application/xml")}
FILTERS = [
    OpenApiParameter("state", str, enum=list(PaymentOrder.Status.values)),
    OpenApiParameter("currency", str),
    OpenApiParameter("due_from", OpenApiTypes.DATE),
    OpenApiParameter("due_to", OpenApiTypes.DATE),
    *(OpenApiParameter(name, str) for name in ("cursor", "limit")),
]


class OrderQuery(Params):
    state: PaymentOrder.Status | None = None
    currency: str = Field(default="", pattern="^([A-Z]{3})?$")
    due_from: date | None = None
    due_to: date | None = None


class OrderChanges(ChangedTerms):
    version: int | None = Field(default=None, ge=1)


class Settled(Params):
    """`on`: the day the money left; today when not said."""

    on: date | None = None


class OneFile(Params):
    """`pain`: pain.001.001.09, of approved orders only; `again`: also of those that stood in such a file already."""

    format: Form
    again: bool = False


class SeveralFiles(OneFile):
    orders: list[UUID] = Field(min_length=1, max_length=MOST)


def check_may() -> None:
    if not may_keep_orders(current()):
        raise NotAllowed()


def look(order: UUID) -> PaymentOrder:
    """The object of the address, before the body is read."""
    with reading():
        row: PaymentOrder = find(PaymentOrder.objects, order)
    check_may()
    return row


class OrdersView(APIView):
    @extend_schema(parameters=FILTERS, responses=shapes.OrderPage, filters=False, operation_id="governance_orders")
    def get(self, request: Request) -> Response:
        """The newest first."""
        check_may()
        asked = query(request, OrderQuery)
        rows = PaymentOrder.objects.matching(asked.state or "", asked.currency, asked.due_from, asked.due_to)
        return KeysetPages.answer(request, rows, shapes.order_out)

    @extend_schema(request=OrderTerms, responses={201: shapes.OrderOut}, operation_id="governance_order_create")
    def post(self, request: Request) -> Response:
        """A draft: nothing is ordered by it."""
        check_may()
        refuse_spoofed_identity(request)
        return act(request, CREATE, validated(OrderTerms, request.data), shapes.order_out, 201)


class OrderView(APIView):
    @extend_schema(responses=shapes.OrderOut, operation_id="governance_order")
    def get(self, request: Request, order: UUID) -> Response:
        row = look(order)
        query(request, NoParameters)
        return Response(shapes.order_out(row))

    @extend_schema(request=OrderChanges, responses=shapes.OrderOut, operation_id="governance_order_update")
    def patch(self, request: Request, order: UUID) -> Response:
        """Changes a draft; what is not named stays. With `version`, only the one that was seen."""
        look(order)
        refuse_spoofed_identity(request)
        given = validated(OrderChanges, request.data).model_dump(exclude_unset=True)
        return act(request, UPDATE, {**given, "order": order}, shapes.order_out)


class SubmitView(APIView):
    @extend_schema(request=None, responses=shapes.OrderOut, operation_id="governance_order_submit")
    def post(self, request: Request, order: UUID) -> Response:
        """Answers 423 with the question: somebody approves exactly this order, its account included."""
        look(order)
        refuse_spoofed_identity(request)
        return Response(shapes.order_out(submit(order)))


class WithdrawView(APIView):
    @extend_schema(request=None, responses=shapes.OrderOut, operation_id="governance_order_withdraw")
    def post(self, request: Request, order: UUID) -> Response:
        """Takes back what waits for its approval: a draft again."""
        look(order)
        return act(request, WITHDRAW, {"order": order}, shapes.order_out)


class SettleView(APIView):
    @extend_schema(request=Settled, responses=shapes.OrderOut, operation_id="governance_order_settle")
    def post(self, request: Request, order: UUID) -> Response:
        """The bank has paid it."""
        look(order)
        refuse_spoofed_identity(request)
        return act(request, SETTLE, {**validated(Settled, request.data).model_dump(), "order": order}, shapes.order_out)


class CancelView(APIView):
    @extend_schema(request=None, responses=shapes.OrderOut, operation_id="governance_order_cancel")
    def post(self, request: Request, order: UUID) -> Response:
        """It stays on record. A bank that has a file with it has to be told by you."""
        look(order)
        return act(request, CANCEL, {"order": order}, shapes.order_out)


class ExportView(APIView):
    @extend_schema(request=OneFile, responses=FILES, operation_id="governance_order_export")
    def post(self, request: Request, order: UUID) -> HttpResponse:
        """This order as a file, on record before its first byte."""
        look(order)
        refuse_spoofed_identity(request)
        asked = validated(OneFile, request.data)
        return orders_file([order], asked.format, again=asked.again)


class ExportsView(APIView):
    @extend_schema(request=SeveralFiles, responses=FILES, operation_id="governance_orders_export")
    def post(self, request: Request) -> HttpResponse:
        """Several orders in one file."""
        check_may()
        refuse_spoofed_identity(request)
        asked = validated(SeveralFiles, request.data)
        return orders_file(asked.orders, asked.format, again=asked.again)


class AccountView(APIView):
    @extend_schema(responses=shapes.AccountOut, operation_id="governance_paying_account")
    def get(self, request: Request) -> Response:
        """For who manages the identity."""
        if not may_set_account(current()):
            raise NotAllowed()
        query(request, NoParameters)
        return Response(shapes.account_out(PayingAccount.objects.first()))

    @extend_schema(request=SetAccount, responses=shapes.AccountOut, operation_id="governance_paying_account_set")
    def put(self, request: Request) -> Any:
        """Replaces it. Behind a step-up."""
        if not may_set_account(current()):
            raise NotAllowed()
        refuse_spoofed_identity(request)
        return act(request, SET_ACCOUNT, validated(SetAccount, request.data), shapes.account_out)
