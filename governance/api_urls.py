"""API of governance."""

from __future__ import annotations

from django.urls import path

from governance.access import api as access
from governance.access import confirm_api as confirm
from governance.access.apitokens import api as apitokens
from governance.access.contact import api as contact
from governance.access.factors import api as factors
from governance.access.factors import passkeys_api as passkeys
from governance.access.opened import api as signins
from governance.access.outside import api as oauth
from governance.access.outside import linking_api as outside
from governance.audit import api as audit
from governance.checkpoints import api as checkpoints
from governance.checkpoints import batch_api as batch
from governance.checkpoints import pace_views as pace
from governance.crossings import api as crossings
from governance.delegations import api as delegations
from governance.elevate import api as elevating
from governance.grants import api as grants
from governance.kills import api as kills
from governance.ledger import api as ledger
from governance.ledger import caps_api as caps
from governance.ledger import statement_api as statements
from governance.members import api as members
from governance.memory import api as memory
from governance.notifications import api as notifications
from governance.orders import api as orders
from governance.outbox import api as outbox
from governance.people import api as people
from governance.people import identities_api, permissions
from governance.rights import api as rights
from governance.rights import endings_api as endings
from governance.rules import api as rules
from governance.rules import rules_api, verdict_views, whatif_api
from governance.webhooks import api as webhooks

urlpatterns = [
    path("governance/checkpoints/", checkpoints.CheckpointsView.as_view(), name="api-checkpoints"),
    path("governance/checkpoints/pace/", pace.PaceView.as_view(), name="api-checkpoint-pace"),
    path("governance/checkpoints/batch/", batch.BatchView.as_view(), name="api-checkpoint-batch"),
    path("governance/checkpoints/<uuid:checkpoint>/", checkpoints.CheckpointView.as_view(), name="api-checkpoint"),
    path(
        "governance/checkpoints/<uuid:checkpoint>/decision/",
        checkpoints.DecisionView.as_view(),
        name="api-checkpoint-decision",
    ),
    path(
        "governance/checkpoints/<uuid:checkpoint>/delegate/",
        delegations.DelegateView.as_view(),
        name="api-checkpoint-delegate",
    ),
    path(
        "governance/checkpoints/<uuid:checkpoint>/escalate/",
        checkpoints.EscalateView.as_view(),
        name="api-checkpoint-escalate",
    ),
    path(
        "governance/checkpoints/<uuid:checkpoint>/resolve/",
        checkpoints.ResolveView.as_view(),
        name="api-checkpoint-resolve",
    ),
    path("governance/kill/", kills.KillsView.as_view(), name="api-kills"),
    path("governance/kill/<uuid:kill>/", kills.KillView.as_view(), name="api-kill"),
    path("governance/grants/", grants.GrantsView.as_view(), name="api-grants"),
    path("governance/grants/<uuid:grant>/", grants.GrantView.as_view(), name="api-grant"),
    path("governance/elevations/", elevating.ElevationsView.as_view(), name="api-elevations"),
    path("governance/elevations/<uuid:elevation>/", elevating.ElevationView.as_view(), name="api-elevation"),
    path("governance/delegations/", delegations.DelegationsView.as_view(), name="api-delegations"),
    path("governance/delegations/<uuid:delegation>/", delegations.DelegationView.as_view(), name="api-delegation"),
    path(
        "governance/checkpoints/<uuid:checkpoint>/parameters/",
        checkpoints.ParametersView.as_view(),
        name="api-checkpoint-parameters",
    ),
    path("governance/audit/", audit.AuditView.as_view(), name="api-audit"),
    path("governance/audit/verify/", audit.VerifyView.as_view(), name="api-audit-verify"),
    path("governance/audit/export/", rights.LogExportView.as_view(), name="api-audit-export"),
    path("governance/audit/<uuid:entry>/", audit.AuditEntryView.as_view(), name="api-audit-entry"),
    path("governance/ledger/", ledger.LedgerView.as_view(), name="api-ledger"),
    path("governance/budgets/", ledger.BudgetsView.as_view(), name="api-budgets"),
    path("governance/budgets/raise/", caps.RaiseView.as_view(), name="api-budget-raise"),
    path("governance/budgets/caps/", caps.CapsView.as_view(), name="api-budget-caps"),
    path("governance/budgets/caps/<uuid:cap>/", caps.CapView.as_view(), name="api-budget-cap"),
    path("governance/statements/", statements.StatementView.as_view(), name="api-statements"),
    path("governance/orders/", orders.OrdersView.as_view(), name="api-orders"),
    path("governance/orders/account/", orders.AccountView.as_view(), name="api-paying-account"),
    path("governance/orders/export/", orders.ExportsView.as_view(), name="api-orders-export"),
    path("governance/orders/<uuid:order>/", orders.OrderView.as_view(), name="api-order"),
    path("governance/orders/<uuid:order>/submit/", orders.SubmitView.as_view(), name="api-order-submit"),
    path("governance/orders/<uuid:order>/withdraw/", orders.WithdrawView.as_view(), name="api-order-withdraw"),
    path("governance/orders/<uuid:order>/settle/", orders.SettleView.as_view(), name="api-order-settle"),
    path("governance/orders/<uuid:order>/cancel/", orders.CancelView.as_view(), name="api-order-cancel"),
    path("governance/orders/<uuid:order>/export/", orders.ExportView.as_view(), name="api-order-export"),
    path("governance/messages/", outbox.MessagesView.as_view(), name="api-messages"),
    path("governance/violations/", access.ViolationsView.as_view(), name="api-violations"),
    path("governance/transfers/", crossings.TransfersView.as_view(), name="api-transfers"),
    path("governance/transfers/<uuid:transfer>/", crossings.TransferView.as_view(), name="api-transfer"),
    path("governance/transfers/<uuid:transfer>/approve/", crossings.ApproveView.as_view(), name="api-transfer-approve"),
    path("governance/transfers/<uuid:transfer>/accept/", crossings.AcceptView.as_view(), name="api-transfer-accept"),
    path("governance/transfers/<uuid:transfer>/reject/", crossings.RejectView.as_view(), name="api-transfer-reject"),
    path("governance/transfers/<uuid:transfer>/revoke/", crossings.RevokeView.as_view(), name="api-transfer-revoke"),
    path("governance/violations/<uuid:violation>/", access.ViolationView.as_view(), name="api-violation"),
    path(
        "governance/violations/<uuid:violation>/resolve/",
        access.ResolveViolationView.as_view(),
        name="api-violation-resolve",
    ),
    path("exports/", rights.ExportsView.as_view(), name="api-exports"),
    path("exports/<uuid:export>/", rights.ExportView.as_view(), name="api-export"),
    path("exports/<uuid:export>/download/", rights.DownloadView.as_view(), name="api-export-download"),
    path("governance/rules/", rules_api.RulesView.as_view(), name="api-rules"),
    path("governance/rules/system/", rules_api.SystemRulesView.as_view(), name="api-rules-system"),
    path("governance/rules/simulate/", whatif_api.SimulateView.as_view(), name="api-simulate"),
    path("governance/rules/simulate/<uuid:whatif>/", whatif_api.SimulationView.as_view(), name="api-simulation"),
    path(
        "governance/rules/simulate/<uuid:whatif>/changes/",
        whatif_api.ChangesView.as_view(),
        name="api-simulation-changes",
    ),
    path("governance/rules/<uuid:rule>/", rules_api.RuleView.as_view(), name="api-rule"),
    path("governance/rules/<uuid:rule>/publish/", rules_api.PublishView.as_view(), name="api-rule-publish"),
    path("governance/rules/<uuid:rule>/disable/", rules_api.DisableView.as_view(), name="api-rule-disable"),
    path("governance/rules/<uuid:rule>/restore/", rules_api.RestoreView.as_view(), name="api-rule-restore"),
    path("governance/rules/<uuid:rule>/versions/", rules_api.VersionsView.as_view(), name="api-rule-versions"),
    path("governance/verdicts/<uuid:verdict>/", verdict_views.VerdictView.as_view(), name="api-verdict"),
    path("governance/verdicts/<uuid:verdict>/replay/", verdict_views.ReplayView.as_view(), name="api-verdict-replay"),
    path("governance/laws/", rules.LawsView.as_view(), name="api-laws"),
    path("notifications/", notifications.NotificationsView.as_view(), name="api-notifications"),
    path("notifications/elsewhere/", notifications.ElsewhereView.as_view(), name="api-notifications-elsewhere"),
    path("notifications/preferences/", notifications.PreferencesView.as_view(), name="api-notification-preferences"),
    path("notifications/read-all/", notifications.ReadAllView.as_view(), name="api-notifications-read-all"),
    path("notifications/read-all/undo/", notifications.UndoView.as_view(), name="api-notifications-undo"),
    path(
        "notifications/<uuid:notification>/read/",
        notifications.ReadView.as_view(),
        name="api-notification-read",
    ),
    path(
        "notifications/<uuid:notification>/unread/",
        notifications.UnreadView.as_view(),
        name="api-notification-unread",
    ),
    path("auth/register/", people.RegisterView.as_view(), name="api-auth-register"),
    path("auth/login/", people.LoginView.as_view(), name="api-auth-login"),
    path("auth/refresh/", people.RefreshView.as_view(), name="api-auth-refresh"),
    path("auth/logout/", people.LogoutView.as_view(), name="api-auth-logout"),
    path("auth/verify/", contact.VerifyView.as_view(), name="api-auth-verify"),
    path("auth/email/", contact.EmailView.as_view(), name="api-auth-email"),
    path("auth/change-password/", contact.ChangePasswordView.as_view(), name="api-auth-change-password"),
    path("auth/password/reset-request/", contact.ResetRequestView.as_view(), name="api-auth-reset-request"),
    path("auth/password/reset/", contact.ResetView.as_view(), name="api-auth-reset"),
    path("auth/sessions/", signins.SignInsView.as_view(), name="api-auth-sessions"),
    path("auth/sessions/end-others/", signins.EndOthersView.as_view(), name="api-auth-sessions-end-others"),
    path("auth/sessions/<uuid:sign_in>/", signins.SignInView.as_view(), name="api-auth-session"),
    path("auth/tokens/", apitokens.TokensView.as_view(), name="api-auth-tokens"),
    path("auth/tokens/<uuid:token>/", apitokens.TokenView.as_view(), name="api-auth-token"),
    path("auth/step-up/", confirm.StepUpView.as_view(), name="api-auth-step-up"),
    path("auth/step-up/options/", confirm.OptionsView.as_view(), name="api-auth-step-up-options"),
    path("auth/2fa/", factors.FactorsView.as_view(), name="api-auth-2fa"),
    path("auth/2fa/verify/", factors.VerifyView.as_view(), name="api-auth-2fa-verify"),
    path("auth/2fa/enable/", factors.EnableView.as_view(), name="api-auth-2fa-enable"),
    path("auth/2fa/confirm/", factors.ConfirmView.as_view(), name="api-auth-2fa-confirm"),
    path("auth/2fa/disable/", factors.DisableView.as_view(), name="api-auth-2fa-disable"),
    path("auth/2fa/recovery-codes/", factors.CodesView.as_view(), name="api-auth-2fa-recovery-codes"),
    path("auth/passkeys/", passkeys.PasskeysView.as_view(), name="api-auth-passkeys"),
    path("auth/passkeys/options/", passkeys.OptionsView.as_view(), name="api-auth-passkey-options"),
    path("auth/passkeys/<int:factor>/", passkeys.PasskeyView.as_view(), name="api-auth-passkey"),
    path("auth/passkeys/sign-in/", passkeys.SignInView.as_view(), name="api-auth-passkey-sign-in"),
    path(
        "auth/passkeys/sign-in/options/",
        passkeys.SignInOptionsView.as_view(),
        name="api-auth-passkey-sign-in-options",
    ),
    path("auth/oauth/<slug:provider>/authorize/", oauth.AuthorizeView.as_view(), name="api-auth-oauth-authorize"),
    path("auth/oauth/<slug:provider>/callback/", oauth.CallbackView.as_view(), name="api-auth-oauth-callback"),
    path("auth/outside/", outside.OutsideView.as_view(), name="api-auth-outside"),
    path("auth/outside/<int:account>/", outside.OutsideAccountView.as_view(), name="api-auth-outside-account"),
    path(
        "auth/outside/<slug:provider>/authorize/",
        outside.OutsideAuthorizeView.as_view(),
        name="api-auth-outside-authorize",
    ),
    path("auth/outside/<slug:provider>/link/", outside.OutsideLinkView.as_view(), name="api-auth-outside-link"),
    path("auth/me/", people.MeView.as_view(), name="api-auth-me"),
    path("auth/me/erase/", endings.DeleteAccountView.as_view(), name="api-auth-me-erase"),
    path("auth/identities/", people.IdentitiesView.as_view(), name="api-auth-identities"),
    path("auth/identities/<uuid:identity>/", identities_api.IdentityView.as_view(), name="api-auth-identity"),
    path(
        "auth/identities/<uuid:identity>/archive/",
        identities_api.ArchiveView.as_view(),
        name="api-auth-identity-archive",
    ),
    path(
        "auth/identities/<uuid:identity>/restore/",
        identities_api.RestoreView.as_view(),
        name="api-auth-identity-restore",
    ),
    path("auth/identities/<uuid:identity>/share/", identities_api.ShareView.as_view(), name="api-auth-identity-share"),
    path(
        "auth/identities/<uuid:identity>/second-factor/",
        members.SecondFactorView.as_view(),
        name="api-auth-identity-second-factor",
    ),
    path(
        "auth/identities/<uuid:identity>/permissions/",
        permissions.PermissionsView.as_view(),
        name="api-auth-identity-permissions",
    ),
    path("auth/identities/<uuid:identity>/members/", members.MembersView.as_view(), name="api-auth-members"),
    path(
        "auth/identities/<uuid:identity>/members/<uuid:member>/", members.MemberView.as_view(), name="api-auth-member"
    ),
    path(
        "auth/identities/<uuid:identity>/invitations/", members.InvitationsView.as_view(), name="api-auth-invitations"
    ),
    path(
        "auth/identities/<uuid:identity>/invitations/<uuid:invitation>/",
        members.InvitationView.as_view(),
        name="api-auth-invitation",
    ),
    path(
        "auth/identities/<uuid:identity>/invitations/<uuid:invitation>/again/",
        members.ResendView.as_view(),
        name="api-auth-invitation-again",
    ),
    path("auth/invitations/accept/", members.AcceptView.as_view(), name="api-auth-join"),
    path("auth/identities/<uuid:identity>/erase/", endings.EraseView.as_view(), name="api-auth-identity-erase"),
    path("auth/identities/<uuid:identity>/activate/", people.ActivateView.as_view(), name="api-auth-identity-activate"),
    path("memory/", memory.MemoriesView.as_view(), name="api-memories"),
    path("memory/search/", memory.SearchView.as_view(), name="api-memory-search"),
    path("memory/laws/", memory.LawsView.as_view(), name="api-memory-laws"),
    path("memory/<uuid:memory>/", memory.MemoryView.as_view(), name="api-memory"),
    path("memory/<uuid:memory>/uses/", memory.UsesView.as_view(), name="api-memory-uses"),
    path("memory/<uuid:memory>/approve/", memory.ApproveView.as_view(), name="api-memory-approve"),
    path("memory/<uuid:memory>/reject/", memory.RejectView.as_view(), name="api-memory-reject"),
    path("memory/<uuid:memory>/pin/", memory.PinView.as_view(), name="api-memory-pin"),
    path("memory/<uuid:memory>/unpin/", memory.UnpinView.as_view(), name="api-memory-unpin"),
    path("memory/<uuid:memory>/archive/", memory.ArchiveView.as_view(), name="api-memory-archive"),
    path("memory/<uuid:memory>/restore/", memory.RestoreView.as_view(), name="api-memory-restore"),
    path("webhooks/", webhooks.WebhooksView.as_view(), name="api-webhooks"),
    path("webhooks/events/", webhooks.EventsView.as_view(), name="api-webhook-events"),
    path("webhooks/<uuid:webhook>/", webhooks.WebhookView.as_view(), name="api-webhook"),
    path("webhooks/<uuid:webhook>/restore/", webhooks.RestoreView.as_view(), name="api-webhook-restore"),
    path("webhooks/<uuid:webhook>/rotate/", webhooks.RotateView.as_view(), name="api-webhook-rotate"),
    path("webhooks/<uuid:webhook>/test/", webhooks.TestView.as_view(), name="api-webhook-test"),
    path("webhooks/<uuid:webhook>/deliveries/", webhooks.DeliveriesView.as_view(), name="api-webhook-deliveries"),
    path(
        "webhooks/<uuid:webhook>/deliveries/<uuid:delivery>/",
        webhooks.DeliveryView.as_view(),
        name="api-webhook-delivery",
    ),
    path(
        "webhooks/<uuid:webhook>/deliveries/<uuid:delivery>/redeliver/",
        webhooks.RedeliverView.as_view(),
        name="api-webhook-redeliver",
    ),
]
