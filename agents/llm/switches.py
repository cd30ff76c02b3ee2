"""Providers as kill switches know them: which there are, whose a model is, may one be called? (design 4.4)"""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext_lazy as _

from agents.llm.registry.models import Model, Provider
from governance.errors import Halted
from governance.isolation.context import current
from governance.kills.scopes import STOPPED_BY_STAFF

HELD = """
SELECT EXISTS (SELECT 1 FROM governance_kill
    WHERE identity_id = %s AND scope = 'provider' AND ref = %s AND lifted_at IS NULL),
  EXISTS (SELECT 1 FROM governance_installationstop
    WHERE lifted_at IS NULL AND (scope, ref) IN (('all', ''), ('provider', %s)))
"""


STOPPED = """
SELECT ref FROM governance_kill WHERE identity_id = %s AND scope = 'provider' AND lifted_at IS NULL
UNION SELECT ref FROM governance_installationstop WHERE scope = 'provider' AND lifted_at IS NULL
"""


def stopped() -> frozenset[str]:
    """The providers that a switch of the bound identity, or of the staff, stops: what routing passes over."""
    with connection.cursor() as cursor:
        cursor.execute(STOPPED, [current().identity_id])
        return frozenset(ref for (ref,) in cursor.fetchall())


def providers() -> dict[str, str]:
    """Every provider that could be called, by its id: what people call it. The one list that switches take."""
    found = dict(Provider.objects.values_list("pk", "name"))
    return dict(sorted(found.items(), key=lambda item: item[1].casefold()))


def models_of(provider: str) -> list[str]:
    """The models that it has, or had."""
    return list(Model.objects.filter(provider_id=provider).values_list("model_id", flat=True))


def refuse_stopped(provider: str) -> None:
    """Raises Halted while a switch of the bound identity, or of the staff, stops the provider: before each call."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [current().identity_id, provider, provider])
        held, by_staff = cursor.fetchone()
    if by_staff:
        raise Halted(STOPPED_BY_STAFF, by="operator")
    if held:
        raise Halted(_("A kill switch stops every call to this provider."))
