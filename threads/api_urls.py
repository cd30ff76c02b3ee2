"""API of threads."""

from __future__ import annotations

from django.urls import path

from threads import api

urlpatterns = [
    path("threads/", api.ThreadsView.as_view(), name="api-threads"),
    path("threads/<uuid:thread>/", api.ThreadView.as_view(), name="api-thread"),
    path("threads/<uuid:thread>/resolve/", api.ResolveView.as_view(), name="api-thread-resolve"),
    path("threads/<uuid:thread>/reopen/", api.ReopenView.as_view(), name="api-thread-reopen"),
    path("threads/<uuid:thread>/messages/", api.MessagesView.as_view(), name="api-thread-messages"),
    path(
        "threads/<uuid:thread>/messages/<uuid:message>/correct/",
        api.CorrectView.as_view(),
        name="api-thread-message-correct",
    ),
    path("threads/<uuid:thread>/decisions/", api.DecisionsView.as_view(), name="api-thread-decisions"),
    path(
        "threads/<uuid:thread>/decisions/<uuid:decision>/adopt/",
        api.AdoptView.as_view(),
        name="api-thread-decision-adopt",
    ),
    path(
        "threads/<uuid:thread>/decisions/<uuid:decision>/supersede/",
        api.SupersedeView.as_view(),
        name="api-thread-decision-supersede",
    ),
]
