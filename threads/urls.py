"""The pages of threads (design C2)."""

from __future__ import annotations

from django.urls import path

from spheres import converters  # noqa: F401 (registers <sphere:…>)
from threads.views import decisions, detail, lists, posts

urlpatterns = [
    path("threads/", lists.thread_list, name="thread-list"),
    path("s/<sphere:sphere>/threads/", lists.sphere_threads, name="sphere-threads"),
    path("t/<uuid:thread>/", detail.thread_detail, name="thread-detail"),
    path("t/<uuid:thread>/stream/", detail.thread_stream, name="thread-stream"),
    path("t/<uuid:thread>/messages/", posts.add_message, name="thread-message-add"),
    path("t/<uuid:thread>/messages/<uuid:message>/correct/", posts.correct_message, name="thread-message-correct"),
    path("t/<uuid:thread>/rename/", posts.rename_thread, name="thread-rename"),
    path("t/<uuid:thread>/archive/", posts.archive_thread, name="thread-archive"),
    path("t/<uuid:thread>/resolve/", posts.resolve_thread, name="thread-resolve"),
    path("t/<uuid:thread>/reopen/", posts.reopen_thread, name="thread-reopen"),
    path("t/<uuid:thread>/decisions/", decisions.thread_decisions, name="thread-decisions"),
    path("t/<uuid:thread>/decisions/<uuid:decision>/adopt/", decisions.adopt_decision, name="thread-decision-adopt"),
    path(
        "t/<uuid:thread>/decisions/<uuid:decision>/supersede/",
        decisions.supersede_decision,
        name="thread-decision-supersede",
    ),
]
