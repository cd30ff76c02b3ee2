"""Pages of governance."""

from __future__ import annotations

from django.urls import include, path

from governance.access import views as access
from governance.audit import views as audit
from governance.checkpoints import views as checkpoints
from governance.ledger import views as ledger
from governance.outbox import views as outbox
from governance.people import views as people
from governance.rules import views as rules

urlpatterns = [
    path("approvals/", checkpoints.approvals, name="approvals"),
    path("approvals/<uuid:checkpoint>/", checkpoints.approval_detail, name="approval-detail"),
    path("approvals/<uuid:checkpoint>/decide/", checkpoints.approval_decide, name="approval-decide"),
    path("approvals/<uuid:checkpoint>/edit/", checkpoints.approval_edit, name="approval-edit"),
    path("audit/", audit.audit, name="audit"),
    path("audit/verify/", audit.audit_verify, name="audit-verify"),
    path("budgets/", ledger.budgets, name="budgets"),
    path("laws/", rules.laws, name="laws"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("violations/", access.violations, name="violations"),
    path(
        "",
        include(
            (
                [
                    path("identities/<uuid:identity>/activate/", people.activate_identity, name="identity-activate"),
                    path("settings/theme/", people.change_theme, name="theme"),
                ],
                "people",
            )
        ),
    ),
]
