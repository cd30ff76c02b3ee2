"""The isolation matrix of accounts: signing in, second factors, sign-ins, tokens, outside accounts."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.db import SessionStore
from uuid_utils.compat import uuid7

from governance.perform import perform
from tests.cast import PASSWORD, Person
from tests.governance.access.keys import A_CREDENTIAL
from tests.isolation.case import NAME, Case
from tests.isolation.cases_governance import traces
from tests.isolation.cases_people import an_app


def a_passkey(alice: Person) -> dict[str, Any]:
    with alice.acting():
        params = {"type": "webauthn", "name": NAME, "credential": A_CREDENTIAL}
        return {"factor": perform("governance.factor.add", params).pk}


def linked(alice: Person) -> SocialAccount:
    told = {"userinfo": {"email": NAME}}
    return SocialAccount.objects.create(user=alice.user, provider="oidc", uid=str(uuid7()), extra_data=told)


def an_outside_account(alice: Person) -> dict[str, Any]:
    linked(alice)
    return {}


def a_sign_in(alice: Person) -> dict[str, Any]:
    session = SessionStore()
    session.create()
    row = {"method": "password", "session": session.session_key, "user_agent": NAME}
    with alice.acting():
        return {"sign_in": perform("governance.session.open", row).pk}


def a_token(alice: Person) -> dict[str, Any]:
    with alice.acting():
        row, _ = perform("governance.token.create", {"name": NAME, "scopes": ["threads:read"]})
    return {"token": row.pk}


def some_sign_in(alice: Person) -> dict[str, Any]:
    a_sign_in(alice)
    return {}


def some_token(alice: Person) -> dict[str, Any]:
    a_token(alice)
    return {}


TOKEN = {"name": "Sauvegarde", "scopes": ["threads:read"]}

CASES = [
    Case("api-auth-logout", ("POST",), traces, whole=True),
    Case("api-auth-me", ("GET", "PATCH"), traces, {"theme": "dark"}, whole=True),
    Case("security", make=an_app, whole=True, of_person=True),
    Case("factor-needed", make=an_app, whole=True, of_person=True),
    Case("security-app", ("GET", "POST"), an_app, {"code": "000000"}, whole=True, of_person=True),
    Case("security-app-remove", ("POST",), an_app, whole=True, of_person=True),
    Case("security-codes", ("GET", "POST"), an_app, whole=True, of_person=True),
    Case("security-codes-file", make=an_app, whole=True, of_person=True),
    Case("api-auth-step-up", ("POST",), an_app, {"code": "000000"}, whole=True, of_person=True, answers=(401,)),
    Case("api-auth-2fa", make=an_app, whole=True, of_person=True),
    Case("api-auth-2fa-enable", ("POST",), an_app, whole=True, of_person=True),
    Case("api-auth-2fa-confirm", ("POST",), an_app, {"code": "1"}, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-2fa-disable", ("POST",), an_app, whole=True, of_person=True),
    Case("api-auth-2fa-recovery-codes", ("GET", "POST"), an_app, whole=True, of_person=True),
    Case("api-auth-2fa-verify", ("POST",), body={"challenge": "x", "code": "000000"}, public=True),
    Case(
        "security-passkey-add",
        ("GET", "POST"),
        an_app,
        {"credential": "{}"},
        whole=True,
        of_person=True,
        answers=(400,),
    ),
    Case("security-passkey-rename", ("GET", "POST"), a_passkey, {"name": "Clé"}, of_person=True),
    Case("security-passkey-remove", ("POST",), a_passkey, of_person=True),
    Case("api-auth-passkeys", ("GET", "POST"), an_app, {"credential": {}}, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-passkey-options", ("POST",), an_app, whole=True, of_person=True, answers=(409,)),
    Case("api-auth-passkey", ("PATCH", "DELETE"), a_passkey, {"name": "Clé"}, of_person=True),
    Case("api-auth-passkey-sign-in-options", ("POST",), public=True),
    Case("api-auth-passkey-sign-in", ("POST",), body={"handle": "x", "credential": {}}, public=True),
    Case("api-auth-step-up-options", ("POST",), an_app, whole=True, of_person=True, answers=(409,)),
    Case("account_email", ("GET", "POST"), traces, {"email": "x"}, whole=True, of_person=True, answers=(400,)),
    Case("account_change_password", ("GET", "POST"), traces, whole=True, of_person=True, answers=(400,)),
    Case("account_set_password", ("GET", "POST"), traces, whole=True, of_person=True, answers=(400,)),
    Case("sign-ins", make=some_sign_in, whole=True, of_person=True),
    Case("sign-ins-end-others", ("POST",), some_sign_in, whole=True, of_person=True),
    Case("sign-in-end", ("POST",), a_sign_in, of_person=True),
    Case("api-auth-sessions", make=some_sign_in, whole=True, of_person=True),
    Case("api-auth-sessions-end-others", ("POST",), some_sign_in, whole=True, of_person=True),
    Case("api-auth-session", ("DELETE",), a_sign_in, of_person=True),
    Case("api-auth-email", ("POST",), traces, {"email": "x"}, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-change-password", ("POST",), traces, whole=True, of_person=True, answers=(400,)),
    Case("api-auth-verify", ("POST",), body={"key": "x"}, public=True),
    Case("api-auth-reset-request", ("POST",), body={"email": "x"}, public=True),
    Case("api-auth-reset", ("POST",), body={"key": "x", "password": "y"}, public=True),
    Case("api-keys", ("GET", "POST"), some_token, TOKEN, whole=True, of_person=True, answers=(400,)),
    Case("api-key-revoke", ("POST",), a_token, of_person=True),
    Case("api-auth-tokens", ("GET", "POST"), some_token, TOKEN, whole=True, of_person=True),
    Case("api-auth-token", ("DELETE",), a_token, of_person=True),
    Case("outside-again", public=True),
    Case("outside-accounts", make=an_outside_account, whole=True, of_person=True),
    Case("outside-link", ("POST",), lambda alice: {"provider": "oidc"}, whole=True, of_person=True, answers=(404,)),
    Case("outside-unlink", ("POST",), lambda alice: {"account": linked(alice).pk}, of_person=True),
    Case("api-auth-oauth-authorize", ("POST",), lambda alice: {"provider": "oidc"}, public=True),
    Case("api-auth-oauth-callback", ("POST",), lambda alice: {"provider": "oidc"}, public=True),
    Case("api-auth-outside", make=an_outside_account, whole=True, of_person=True),
    Case("api-auth-outside-account", ("DELETE",), lambda alice: {"account": linked(alice).pk}, of_person=True),
    Case(
        "api-auth-outside-authorize",
        ("POST",),
        lambda alice: {"provider": "oidc"},
        whole=True,
        of_person=True,
        answers=(400,),
    ),
    Case(
        "api-auth-outside-link",
        ("POST",),
        lambda alice: {"provider": "oidc"},
        whole=True,
        of_person=True,
        answers=(400,),
    ),
    Case("outside-begin", ("POST",), make=lambda alice: {"provider": "oidc"}, public=True),
    Case("openid_connect_callback", make=lambda alice: {"provider_id": "oidc"}, public=True),
    Case("google_callback", public=True),
    Case("microsoft_callback", public=True),
    Case("github_callback", public=True),
    Case("socialaccount_signup", ("GET", "POST"), public=True),
    Case("socialaccount_login_cancelled", public=True),
    Case("socialaccount_login_error", public=True),
    Case("mfa_login_webauthn", ("GET", "POST"), public=True),
    Case("mfa_reauthenticate_webauthn", ("GET", "POST"), public=True),
    Case("mfa_authenticate", ("GET", "POST"), public=True),
    Case("mfa_reauthenticate", ("GET", "POST"), public=True),
    Case("api-auth-register", ("POST",), body={"email": "x", "password": "y", "display_name": "z"}, public=True),
    Case("api-auth-login", ("POST",), body={"email": "x@example.com", "password": PASSWORD}, public=True),
    Case("api-auth-refresh", ("POST",), body={"refresh": "x"}, public=True),
    Case("account_login", ("GET", "POST"), public=True),
    Case("account_logout", ("GET", "POST"), public=True),
    Case("account_inactive", public=True),
    Case("account_signup", ("GET", "POST"), public=True),
    Case("account_reauthenticate", ("GET", "POST"), public=True),
    Case("account_email_verification_sent", public=True),
    Case("account_reset_password", ("GET", "POST"), public=True),
    Case("account_confirm_login_code", ("GET", "POST"), public=True),
    Case("account_confirm_email", ("GET", "POST"), make=lambda alice: {"key": "no-such-key"}, public=True),
    Case("account_reset_password_from_key_done", public=True),
    Case(
        "account_reset_password_from_key",
        ("GET", "POST"),
        make=lambda alice: {"uidb36": "x", "key": "no-such-key"},
        public=True,
    ),
    Case("account_reset_password_done", public=True),
]
