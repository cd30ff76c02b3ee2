"""The gateway's addresses, as the wires' clients know them."""

from __future__ import annotations

from django.urls import path

from agents.gateway import api

urlpatterns = [
    path("chat/completions/", api.ChatCompletionsView.as_view(), name="gateway-chat"),
    path("messages/", api.MessagesView.as_view(), name="gateway-messages"),
    path("models/", api.ModelsView.as_view(), name="gateway-models"),
]
