"""`/api/v2/threads/…` for programs (design 6.2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query
from governance.isolation.lookup import find
from governance.registry.actions import NoParameters, Params
from spheres.api.common import body, look, parameters
from threads import shapes
from threads.actions.decisions import Kind, Option, Options, Statement
from threads.actions.lifecycle import CreateThread
from threads.actions.messages import Content
from threads.filters import DecisionFilter, MessageFilter, ThreadFilter
from threads.models import LONGEST_TITLE, Decision, Message, Thread


class Title(Params):
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)


class NewMessage(Params):
    content: str = Content
    reply_to: UUID | None = None


class Correction(Params):
    content: str = Content


class NewDecision(Params):
    statement: str = Statement
    type: Decision.Type = Kind
    options: list[Option] = Options


class OldestFirst(KeysetPages):
    """Keyset on the id, in the order in which things were said."""

    ordering = "id"


def of_thread(model: Any, thread: UUID, pk: UUID) -> None:
    """Refuses an object that is not of the thread in the address, before the body is read."""
    look(Thread.objects, thread)
    look(model.objects, pk, thread=thread)


class ThreadsView(APIView):
    @extend_schema(
        parameters=parameters(ThreadFilter), filters=False, responses=shapes.ThreadPage, operation_id="threads_list"
    )
    def get(self, request: Request) -> Response:
        rows = query(request, ThreadFilter).apply(Thread.objects.all())
        return KeysetPages.flat(request, rows, shapes.ThreadOut)

    @extend_schema(request=CreateThread, responses={201: shapes.ThreadOut}, operation_id="threads_create")
    def post(self, request: Request) -> Response:
        return act(request, "threads.thread.create", body(request, CreateThread), shapes.thread_out, 201)


class ThreadView(APIView):
    @extend_schema(responses=shapes.ThreadOut, operation_id="threads_get")
    def get(self, request: Request, thread: UUID) -> Response:
        row = look(Thread.objects, thread)
        query(request, NoParameters)
        return Response(shapes.thread_out(row))

    @extend_schema(request=Title, responses=shapes.ThreadOut, operation_id="threads_rename")
    def patch(self, request: Request, thread: UUID) -> Response:
        look(Thread.objects, thread)
        return act(request, "threads.thread.rename", body(request, Title, thread=thread), shapes.thread_out)

    @extend_schema(request=None, responses={204: None}, operation_id="threads_archive")
    def delete(self, request: Request, thread: UUID) -> Response:
        """Archives the thread: it stays readable, and can be reopened."""
        look(Thread.objects, thread)
        return act(request, "threads.thread.archive", {"thread": thread}, lambda _row: None, 204)


class ResolveView(APIView):
    @extend_schema(request=None, responses=shapes.ThreadOut, operation_id="threads_resolve")
    def post(self, request: Request, thread: UUID) -> Response:
        look(Thread.objects, thread)
        return act(request, "threads.thread.resolve", body(request, NoParameters, thread=thread), shapes.thread_out)


class ReopenView(APIView):
    @extend_schema(request=None, responses=shapes.ThreadOut, operation_id="threads_reopen")
    def post(self, request: Request, thread: UUID) -> Response:
        look(Thread.objects, thread)
        return act(request, "threads.thread.reopen", body(request, NoParameters, thread=thread), shapes.thread_out)


class MessagesView(APIView):
    @extend_schema(
        parameters=parameters(MessageFilter),
        filters=False,
        responses=shapes.MessagePage,
        operation_id="threads_messages_list",
    )
    def get(self, request: Request, thread: UUID) -> Response:
        rows = Message.objects.of(look(Thread.objects, thread).pk)
        asked = query(request, MessageFilter)
        if asked.after is not None:
            rows = rows.after(find(Message.objects, asked.after, thread=thread).pk)
        pages = KeysetPages if asked.order == "newest" else OldestFirst
        return pages.answer(request, rows, shapes.message_out)

    @extend_schema(request=NewMessage, responses={201: shapes.MessageOut}, operation_id="threads_messages_add")
    def post(self, request: Request, thread: UUID) -> Response:
        look(Thread.objects, thread)
        return act(request, "threads.message.add", body(request, NewMessage, thread=thread), shapes.message_out, 201)


class CorrectView(APIView):
    @extend_schema(request=Correction, responses={201: shapes.MessageOut}, operation_id="threads_messages_correct")
    def post(self, request: Request, thread: UUID, message: UUID) -> Response:
        of_thread(Message, thread, message)
        return act(
            request, "threads.message.correct", body(request, Correction, message=message), shapes.message_out, 201
        )


class DecisionsView(APIView):
    @extend_schema(
        parameters=parameters(DecisionFilter),
        filters=False,
        responses=shapes.DecisionPage,
        operation_id="threads_decisions_list",
    )
    def get(self, request: Request, thread: UUID) -> Response:
        rows = Decision.objects.of(look(Thread.objects, thread).pk)
        asked = query(request, DecisionFilter)
        rows = rows.filter(status=asked.status) if asked.status else rows
        return KeysetPages.answer(request, rows, shapes.decision_out)

    @extend_schema(request=NewDecision, responses={201: shapes.DecisionOut}, operation_id="threads_decisions_propose")
    def post(self, request: Request, thread: UUID) -> Response:
        look(Thread.objects, thread)
        return act(
            request, "threads.decision.propose", body(request, NewDecision, thread=thread), shapes.decision_out, 201
        )


class AdoptView(APIView):
    @extend_schema(request=None, responses=shapes.DecisionOut, operation_id="threads_decisions_adopt")
    def post(self, request: Request, thread: UUID, decision: UUID) -> Response:
        of_thread(Decision, thread, decision)
        return act(
            request, "threads.decision.adopt", body(request, NoParameters, decision=decision), shapes.decision_out
        )


class SupersedeView(APIView):
    @extend_schema(request=NewDecision, responses={201: shapes.DecisionOut}, operation_id="threads_decisions_supersede")
    def post(self, request: Request, thread: UUID, decision: UUID) -> Response:
        """Answers with the new decision, in force at once."""
        of_thread(Decision, thread, decision)
        asked = body(request, NewDecision, decision=decision)
        return act(request, "threads.decision.supersede", asked, shapes.decision_out, 201)
