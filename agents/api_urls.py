"""API of agents."""

from __future__ import annotations

from django.urls import path

from agents.pipeline import api as pipeline

urlpatterns = [
    path("nova/query/", pipeline.QueryView.as_view(), name="api-nova-query"),
    path("nova/runs/", pipeline.RunsView.as_view(), name="api-nova-runs"),
    path("nova/history/", pipeline.HistoryView.as_view(), name="api-nova-history"),
    path("nova/runs/<uuid:run>/", pipeline.RunView.as_view(), name="api-nova-run"),
    path("nova/status/<uuid:run>/", pipeline.StatusView.as_view(), name="api-nova-status"),
    path("nova/runs/<uuid:run>/continue/", pipeline.ContinueView.as_view(), name="api-nova-continue"),
    path("nova/runs/<uuid:run>/encoding/", pipeline.EncodingView.as_view(), name="api-nova-encoding"),
    path("nova/runs/<uuid:run>/cancel/", pipeline.CancelView.as_view(), name="api-nova-cancel"),
    path("nova/intent-types/", pipeline.IntentTypesView.as_view(), name="api-nova-intent-types"),
]
