"""The e-mail about a second factor that changed, in case it was somebody else."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.http import HttpRequest


def tell_by_mail(request: HttpRequest, change: str) -> None:
    """`change`: one of allauth's `mfa/email/…` templates, such as `totp_activated`. The change is done by then."""
    get_adapter(request).send_notification_mail(f"mfa/email/{change}", request.user)
