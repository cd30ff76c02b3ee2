"""API of governance."""

from __future__ import annotations

from django.urls import path

from governance.access import api as access
from governance.audit import api as audit
from governance.checkpoints import api as checkpoints
from governance.ledger import api as ledger
from governance.outbox import api as outbox
from governance.people import api as people
from governance.rules import api as rules

urlpatterns = [
    path("governance/checkpoints/", checkpoints.CheckpointsView.as_view(), name="api-checkpoints"),
    path("governance/checkpoints/<uuid:checkpoint>/", checkpoints.CheckpointView.as_view(), name="api-checkpoint"),
    path(
        "governance/checkpoints/<uuid:checkpoint>/decision/",
        checkpoints.DecisionView.as_view(),
        name="api-checkpoint-decision",
    ),
    path(
        "governance/checkpoints/<uuid:checkpoint>/parameters/",
        checkpoints.ParametersView.as_view(),
        name="api-checkpoint-parameters",
    ),
    path("governance/audit/", audit.AuditView.as_view(), name="api-audit"),
    path("governance/audit/verify/", audit.VerifyView.as_view(), name="api-audit-verify"),
    path("governance/audit/<uuid:entry>/", audit.AuditEntryView.as_view(), name="api-audit-entry"),
    path("governance/ledger/", ledger.LedgerView.as_view(), name="api-ledger"),
    path("governance/budgets/", ledger.BudgetsView.as_view(), name="api-budgets"),
    path("governance/messages/", outbox.MessagesView.as_view(), name="api-messages"),
    path("governance/violations/", access.ViolationsView.as_view(), name="api-violations"),
    path("governance/laws/", rules.LawsView.as_view(), name="api-laws"),
    path("auth/register/", people.RegisterView.as_view(), name="api-auth-register"),
    path("auth/login/", people.LoginView.as_view(), name="api-auth-login"),
    path("auth/refresh/", people.RefreshView.as_view(), name="api-auth-refresh"),
    path("auth/logout/", people.LogoutView.as_view(), name="api-auth-logout"),
    path("auth/me/", people.MeView.as_view(), name="api-auth-me"),
    path("auth/identities/", people.IdentitiesView.as_view(), name="api-auth-identities"),
    path("auth/identities/<uuid:identity>/activate/", people.ActivateView.as_view(), name="api-auth-identity-activate"),
]
