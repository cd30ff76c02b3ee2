"""Pages of governance."""

from __future__ import annotations

from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from allauth.socialaccount.providers.microsoft import views as microsoft
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import include, path

from governance.access import views as access
from governance.access.apitokens import views as apitokens
from governance.access.contact import views as contact
from governance.access.factors import views as factors
from governance.access.opened import views as signins
from governance.access.outside import linking
from governance.access.outside import views as outside
from governance.audit import verify_views as verify
from governance.audit import views as audit
from governance.checkpoints import batch_views as batch
from governance.checkpoints import pace_views as pace
from governance.checkpoints import views as checkpoints
from governance.crossings import views as crossings
from governance.delegations import views as delegations
from governance.elevate import views as elevating
from governance.grants import views as grants
from governance.kills import views as kills
from governance.ledger import caps_views as caps
from governance.ledger import raising_views as raising
from governance.ledger import statement_views as statements
from governance.ledger import views as ledger
from governance.members import invitation_page
from governance.members import views as members
from governance.memory import views as memory
from governance.notifications import views as notifications
from governance.orders import doing as ordering
from governance.orders import views as orders
from governance.outbox import views as outbox
from governance.people import identities
from governance.people import views as people
from governance.rights import log_views as log_export
from governance.rights import views as rights
from governance.rules import pages as policies
from governance.rules import verdict_views as verdicts
from governance.rules import views as rules
from governance.rules import whatif_views as whatif
from governance.webhooks import views as webhooks

urlpatterns = [
    path("accounts/email/", contact.email, name="account_email"),
    path("accounts/password/change/", contact.password, name="account_change_password"),
    path("accounts/password/set/", contact.password, name="account_set_password"),
    path("accounts/tokens/", apitokens.tokens, name="api-keys"),
    path("accounts/tokens/<uuid:token>/revoke/", apitokens.revoke, name="api-key-revoke"),
    path("accounts/sessions/", signins.sign_ins, name="sign-ins"),
    path("accounts/sessions/end-others/", signins.end_others, name="sign-ins-end-others"),
    path("accounts/sessions/<uuid:sign_in>/end/", signins.end, name="sign-in-end"),
    path("accounts/security/", factors.security, name="security"),
    path("accounts/security/needed/", factors.needed, name="factor-needed"),
    path("accounts/security/app/", factors.app, name="security-app"),
    path("accounts/security/app/remove/", factors.app_remove, name="security-app-remove"),
    path("accounts/security/codes/", factors.codes, name="security-codes"),
    path("accounts/security/codes/file/", factors.codes_file, name="security-codes-file"),
    path("accounts/security/passkeys/add/", factors.passkey_add, name="security-passkey-add"),
    path("accounts/security/passkeys/<int:factor>/", factors.passkey_rename, name="security-passkey-rename"),
    path("accounts/security/passkeys/<int:factor>/remove/", factors.passkey_remove, name="security-passkey-remove"),
    path("accounts/security/outside/", linking.accounts, name="outside-accounts"),
    path("accounts/security/outside/<slug:provider>/link/", linking.begin, name="outside-link"),
    path("accounts/security/outside/<int:account>/unlink/", linking.unlink, name="outside-unlink"),
    path("accounts/login/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path(
        "accounts/reauthenticate/passkey/",
        factors.PasskeyAgain.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/outside/", outside.again, name="outside-again"),
    path("accounts/outside/signup/", social.signup, name="socialaccount_signup"),
    path("accounts/outside/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("accounts/outside/failed/", social.login_error, name="socialaccount_login_error"),
    path("accounts/outside/<slug:provider>/", outside.begin, name="outside-begin"),
    path(
        "accounts/oidc/<slug:provider_id>/login/callback/", outside.back(oidc.callback), name="openid_connect_callback"
    ),
    path("accounts/google/login/callback/", outside.back(google.oauth2_callback), name="google_callback"),
    path("accounts/microsoft/login/callback/", outside.back(microsoft.oauth2_callback), name="microsoft_callback"),
    path("accounts/github/login/callback/", outside.back(github.oauth2_callback), name="github_callback"),
    path("accounts/login/second-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("accounts/reauthenticate/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("approvals/", checkpoints.approvals, name="approvals"),
    path("kill/", kills.kills, name="kills"),
    path("kill/<uuid:kill>/lift/", kills.lift, name="kill-lift"),
    path("approvals/pace/", pace.pace, name="approval-pace"),
    path("approvals/batch/", batch.approval_batch, name="approval-batch"),
    path("approvals/delegations/", delegations.delegations, name="delegations"),
    path("approvals/delegations/<uuid:delegation>/revoke/", delegations.revoke, name="delegation-revoke"),
    path("approvals/grants/", grants.grants, name="grants"),
    path("approvals/grants/<uuid:grant>/revoke/", grants.revoke, name="grant-revoke"),
    path("elevations/", elevating.elevations, name="elevations"),
    path("elevations/new/", elevating.elevation_new, name="elevation-new"),
    path("elevations/<uuid:elevation>/end/", elevating.elevation_end, name="elevation-end"),
    path("approvals/<uuid:checkpoint>/", checkpoints.approval_detail, name="approval-detail"),
    path("approvals/<uuid:checkpoint>/decide/", checkpoints.approval_decide, name="approval-decide"),
    path("approvals/<uuid:checkpoint>/escalate/", checkpoints.approval_escalate, name="approval-escalate"),
    path("approvals/<uuid:checkpoint>/resolve/", checkpoints.approval_resolve, name="approval-resolve"),
    path("approvals/<uuid:checkpoint>/edit/", checkpoints.approval_edit, name="approval-edit"),
    path("audit/", audit.audit, name="audit"),
    path("audit/verify/", verify.audit_verify, name="audit-verify"),
    path("audit/verify/state/", verify.audit_verify_state, name="audit-verify-state"),
    path("audit/export/", log_export.log_export, name="audit-export"),
    path("audit/export/state/", log_export.log_export_state, name="audit-export-state"),
    path("budgets/", ledger.budgets, name="budgets"),
    path("budgets/burn-down/", ledger.burn_down, name="burn-down"),
    path("budgets/cap/", caps.cap, name="budget-cap"),
    path("budgets/cap/remove/", caps.remove, name="budget-cap-remove"),
    path("budgets/raise/", raising.raise_budget, name="budget-raise"),
    path("connections/", webhooks.connections, name="connections"),
    path("connections/webhooks/new/", webhooks.new, name="webhook-new"),
    path("connections/webhooks/<uuid:webhook>/", webhooks.detail, name="webhook-detail"),
    path("connections/webhooks/<uuid:webhook>/edit/", webhooks.edit, name="webhook-edit"),
    path("connections/webhooks/<uuid:webhook>/switch/", webhooks.switch, name="webhook-switch"),
    path("connections/webhooks/<uuid:webhook>/test/", webhooks.test, name="webhook-test"),
    path("connections/webhooks/<uuid:webhook>/rotate/", webhooks.rotate, name="webhook-rotate"),
    path("connections/webhooks/<uuid:webhook>/remove/", webhooks.remove, name="webhook-remove"),
    path("connections/webhooks/<uuid:webhook>/restore/", webhooks.restore, name="webhook-restore"),
    path(
        "connections/webhooks/<uuid:webhook>/deliveries/<uuid:delivery>/redeliver/",
        webhooks.redeliver,
        name="webhook-redeliver",
    ),
    path("laws/", rules.laws, name="laws"),
    path("memory/", memory.memory, name="memory"),
    path("memory/new/", memory.memory_new, name="memory-new"),
    path("memory/<uuid:memory>/", memory.memory_detail, name="memory-detail"),
    path("memory/<uuid:memory>/edit/", memory.memory_edit, name="memory-edit"),
    path("memory/<uuid:memory>/move/", memory.memory_move, name="memory-move"),
    path("memory/<uuid:memory>/approve/", memory.memory_approve, name="memory-approve"),
    path("memory/<uuid:memory>/reject/", memory.memory_reject, name="memory-reject"),
    path("memory/<uuid:memory>/forget/", memory.memory_forget, name="memory-forget"),
    path("laws/state/", rules.laws_state, name="laws-state"),
    path("notifications/", notifications.notification_list, name="notifications"),
    path("notifications/list/", notifications.rows, name="notification-rows"),
    path("notifications/bell/", notifications.bell, name="notification-bell"),
    path("notifications/preferences/", notifications.preferences, name="notification-preferences"),
    path("notifications/read-all/", notifications.read_all, name="notifications-read-all"),
    path("notifications/read-all/undo/", notifications.undo_read_all, name="notifications-undo"),
    path("notifications/<uuid:notification>/read/", notifications.read, name="notification-read"),
    path("notifications/<uuid:notification>/unread/", notifications.unread, name="notification-unread"),
    path("orders/", orders.orders, name="orders"),
    path("orders/new/", orders.new, name="order-new"),
    path("orders/account/", orders.account, name="paying-account"),
    path("orders/export/", ordering.export, name="orders-export"),
    path("orders/<uuid:order>/", orders.detail, name="order-detail"),
    path("orders/<uuid:order>/edit/", orders.edit, name="order-edit"),
    path("orders/<uuid:order>/submit/", ordering.submit, name="order-submit"),
    path("orders/<uuid:order>/withdraw/", ordering.withdraw, name="order-withdraw"),
    path("orders/<uuid:order>/settle/", ordering.settle, name="order-settle"),
    path("orders/<uuid:order>/cancel/", ordering.cancel, name="order-cancel"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("accounts/invitation/<str:token>/", invitation_page.invitation, name="invitation"),
    path("statements/", statements.statements, name="statements"),
    path("statements/csv/", statements.statement_csv, name="statement-csv"),
    path("statements/pdf/", statements.statement_pdf, name="statement-pdf"),
    path("transfers/", crossings.transfer_list, name="transfers"),
    path("transfers/new/<slug:kind>/<uuid:object>/", crossings.transfer_new, name="transfer-new"),
    path("transfers/<uuid:transfer>/", crossings.transfer_detail, name="transfer-detail"),
    path("transfers/<uuid:transfer>/accept/", crossings.transfer_accept, name="transfer-accept"),
    path("transfers/<uuid:transfer>/decline/", crossings.transfer_decline, name="transfer-decline"),
    path("transfers/<uuid:transfer>/revoke/", crossings.transfer_revoke, name="transfer-revoke"),
    path("team/", members.team, name="team"),
    path("team/invite/", members.invite, name="team-invite"),
    path("team/invitations/<uuid:invitation>/again/", members.invite_again, name="team-invite-again"),
    path("team/invitations/<uuid:invitation>/withdraw/", members.uninvite, name="team-uninvite"),
    path("team/second-factor/", members.require_factor, name="team-second-factor"),
    path("team/leave/", members.leave, name="team-leave"),
    path("team/<uuid:member>/role/", members.change_role, name="team-role"),
    path("team/<uuid:member>/remove/", members.remove, name="team-remove"),
    path("policies/", policies.policies, name="policies"),
    path("policies/new/", policies.policy_new, name="policy-new"),
    path("policies/what-if/", whatif.start, name="whatif-start"),
    path("policies/what-if/<uuid:whatif>/", whatif.result, name="whatif"),
    path("policies/what-if/<uuid:whatif>/state/", whatif.state, name="whatif-state"),
    path("policies/<uuid:rule>/", policies.policy, name="policy"),
    path("policies/<uuid:rule>/edit/", policies.policy_edit, name="policy-edit"),
    path("policies/<uuid:rule>/publish/", policies.policy_publish, name="policy-publish"),
    path("policies/<uuid:rule>/disable/", policies.policy_disable, name="policy-disable"),
    path("policies/<uuid:rule>/remove/", policies.policy_remove, name="policy-remove"),
    path("policies/<uuid:rule>/restore/", policies.policy_restore, name="policy-restore"),
    path("settings/data/", rights.data, name="settings-data"),
    path("settings/data/exports/", rights.exports, name="exports"),
    path("settings/data/exports/<uuid:export>/download/", rights.export_download, name="export-download"),
    path("settings/data/erase/", rights.identity_erase, name="identity-erase"),
    path("settings/data/erase/undo/", rights.identity_keep, name="identity-keep"),
    path("settings/account/delete/", rights.account_delete, name="account-delete"),
    path("settings/account/delete/undo/", rights.account_keep, name="account-keep"),
    path("verdicts/<uuid:verdict>/", verdicts.verdict_page, name="verdict"),
    path("violations/", access.violations, name="violations"),
    path("violations/<uuid:violation>/", access.violation_detail, name="violation-detail"),
    path(
        "",
        include(
            (
                [
                    path("identities/", identities.identity_list, name="identity-list"),
                    path("identities/<uuid:identity>/", identities.identity_detail, name="identity-detail"),
                    path("identities/<uuid:identity>/archive/", identities.identity_archive, name="identity-archive"),
                    path("identities/<uuid:identity>/restore/", identities.identity_restore, name="identity-restore"),
                    path("identities/<uuid:identity>/share/", identities.identity_share, name="identity-share"),
                    path("identities/<uuid:identity>/activate/", people.activate_identity, name="identity-activate"),
                    path("settings/theme/", people.change_theme, name="theme"),
                ],
                "people",
            )
        ),
    ),
]
