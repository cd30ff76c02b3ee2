"""The bare side of `benchmarks.pages`: the same rows by plain DRF, by `.values()`, and on a plain page.

Nobody signs in and nothing is checked here; the rows are visible because the middleware binds the one person
whom the benchmark has chosen. Never part of an installation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.serializers import ModelSerializer

from benchmarks.people import Person
from spheres.models import Item
from threads.models import Thread

THREAD_FIELDS = (
    "id", "title", "sphere", "dataspace_id", "type", "status", "token_budget", "tokens_used", "cost_pico_usd",
    "created_by", "created_at", "last_activity_at",
)  # fmt: skip
TASK_FIELDS = (
    "id", "type", "title", "content", "sphere", "dataspace_id", "version", "priority", "status", "due_on", "assignee",
    "completed_at", "origin_id", "created_at", "changed_at", "deleted_at",
)  # fmt: skip
PAGE = 50
TEMPLATE = """<!doctype html><html lang="fr"><title>Liste</title><ul>{% for row in rows %}<li>
<a href="/i/{{ row.pk }}/">{% if row.status == "complete" %}<s>{{ row.title|truncatechars:60 }}</s>{% else %}
{{ row.title|truncatechars:60 }}{% endif %}</a> <span>{{ row.sphere|title }}</span>
<time>{{ row.created_at|date:"j F Y H:i" }}</time>{% if row.due_on %}{{ row.due_on|date }}{% endif %}</li>
{% endfor %}</ul></html>"""

person: Person | None = None


class Bound:
    """The only middleware: binds the chosen person and routes to this module."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        assert person is not None
        request.urlconf = __name__  # type: ignore[attr-defined]
        with person.looking():
            return self.get_response(request)


class Pages(CursorPagination):
    ordering, page_size = "-id", PAGE


class ThreadSerializer(ModelSerializer):
    class Meta:
        model, fields = Thread, THREAD_FIELDS


class TaskSerializer(ModelSerializer):
    class Meta:
        model, fields = Item, TASK_FIELDS


class Threads(ListAPIView):
    authentication_classes, permission_classes, pagination_class = [], [], Pages
    serializer_class = ThreadSerializer

    def get_queryset(self) -> Any:
        return Thread.objects.all()


class Tasks(Threads):
    serializer_class = TaskSerializer

    def get_queryset(self) -> Any:
        return Item.objects.tasks()


def thread_values(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"results": list(Thread.objects.order_by("-id").values(*THREAD_FIELDS)[:PAGE])})


def task_values(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"results": list(Item.objects.tasks().order_by("-id").values(*TASK_FIELDS)[:PAGE])})


def page(request: HttpRequest) -> HttpResponse:
    """A plain Django page of the first 50 tasks, without a frame around them."""
    rows = Paginator(Item.objects.tasks().order_by("-id"), PAGE).page(1)
    template = engines["django"].from_string(TEMPLATE)
    return HttpResponse(template.render({"rows": rows}, request))


urlpatterns = [
    path("bare/threads/", Threads.as_view()),
    path("bare/tasks/", Tasks.as_view()),
    path("values/threads/", thread_values),
    path("values/tasks/", task_values),
    path("bare/page/", page),
]
