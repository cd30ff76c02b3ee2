"""The pages of agents (design C2)."""

from __future__ import annotations

from django.urls import path

from agents.llm.registry import views as registry
from agents.llm.routing import views as routing
from agents.pipeline import views as pipeline
from spheres import converters  # noqa: F401 (registers <sphere:…>)

urlpatterns = [
    path("settings/routing/", routing.playground, name="routing"),
    path("settings/providers/", registry.providers, name="llm-providers"),
    path("settings/providers/<slug:provider>/", registry.provider, name="llm-provider"),
    path("settings/providers/<slug:provider>/key/", registry.provider_key, name="llm-provider-key"),
    path(
        "settings/providers/<slug:provider>/key/remove/", registry.provider_key_remove, name="llm-provider-key-remove"
    ),
    path("settings/providers/<slug:provider>/key/test/", registry.provider_key_test, name="llm-provider-key-test"),
    path("settings/models/", registry.models, name="llm-models"),
    path("pipelines/", pipeline.run_list, name="run-list"),
    path("pipelines/<uuid:run>/", pipeline.run_detail, name="run-detail"),
    path("runs/<uuid:run>/card/", pipeline.run_card, name="run-card"),
    path("runs/<uuid:run>/stop/", pipeline.run_stop, name="run-stop"),
    path("runs/<uuid:run>/answer/", pipeline.run_answer, name="run-answer"),
    path("runs/<uuid:run>/retry/", pipeline.run_retry, name="run-retry"),
    path("t/<uuid:thread>/ask/", pipeline.thread_ask, name="thread-ask"),
    path("s/<sphere:sphere>/ask/", pipeline.sphere_ask, name="sphere-ask"),
]
