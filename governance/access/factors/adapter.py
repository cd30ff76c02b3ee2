"""How allauth keeps second factors: their secrets leave this process only encrypted under the master key."""

from __future__ import annotations

import base64
import hashlib
import os

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from governance.errors import GovernanceError
from governance.people.models import User

LABEL = b"chenu.factor"
NONCE = 12
MARK = "v1."


class FactorUnreadable(GovernanceError):
    """A stored second factor does not open: the master key is another one, or the row was altered."""

    status, code, title = 503, "factor_unreadable", _("Your second factor cannot be read")

    def __init__(self) -> None:
        super().__init__(_("The person who runs this installation must look at its master key."))


class FactorAdapter(DefaultMFAAdapter):
    """allauth's, with AES-256-GCM around every secret."""

    def encrypt(self, text: str) -> str:
        nonce = os.urandom(NONCE)
        sealed = nonce + _cipher().encrypt(nonce, text.encode(), LABEL)
        return MARK + base64.b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            sealed = base64.b64decode(encrypted_text.removeprefix(MARK), validate=True)
            return _cipher().decrypt(sealed[:NONCE], sealed[NONCE:], LABEL).decode()
        except (InvalidTag, ValueError) as error:
            raise FactorUnreadable() from error

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, object]:
        """A passkey names the account, so that the person finds it again on the device."""
        return {**super().get_public_key_credential_user_entity(user), "display_name": str(user)}


def _cipher() -> AESGCM:
    return AESGCM(hashlib.sha256(b"chenu.factors\x00" + settings.MASTER_KEY.encode()).digest())
