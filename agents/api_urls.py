"""API of agents."""

from __future__ import annotations

from django.urls import path

from agents.llm.completing import api as completing
from agents.llm.registry import api as registry
from agents.llm.routing import api as routing
from agents.pipeline import api as pipeline

urlpatterns = [
    path("llm/complete/", completing.CompleteView.as_view(), name="api-llm-complete"),
    path("llm/route/", routing.RouteView.as_view(), name="api-llm-route"),
    path("llm/routing/decide/", routing.DecideView.as_view(), name="api-routing-decide"),
    path("llm/routing/decisions/", routing.DecisionsView.as_view(), name="api-routing-decisions"),
    path("llm/routing/decisions/<uuid:decision>/", routing.DecisionView.as_view(), name="api-routing-decision"),
    path("llm/routing/preferences/", routing.PreferencesView.as_view(), name="api-routing-preferences"),
    path("llm/providers/", registry.ProvidersView.as_view(), name="api-llm-providers"),
    path("llm/providers/<slug:provider>/", registry.ProviderView.as_view(), name="api-llm-provider"),
    path("llm/providers/<slug:provider>/test/", registry.TestView.as_view(), name="api-llm-provider-test"),
    path("llm/providers/<slug:provider>/key/", registry.KeyView.as_view(), name="api-llm-provider-key"),
    path("llm/models/", registry.ModelsView.as_view(), name="api-llm-models"),
    path("llm/models/<path:model>/", registry.ModelView.as_view(), name="api-llm-model"),
    path("llm/tasks/", registry.TasksView.as_view(), name="api-llm-tasks"),
    path("llm/roles/", registry.RolesView.as_view(), name="api-llm-roles"),
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
