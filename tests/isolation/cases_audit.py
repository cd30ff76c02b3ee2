"""The isolation matrix of the log: its archives and its full verifications."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from governance.models import ChainCheck, LawCheck
from governance.perform import perform
from tests.cast import Person
from tests.governance.rights.archives import written
from tests.isolation.case import MARK, Case
from tests.isolation.cases_rights import no_open_export
from tests.spheres import makers


def a_log(alice: Person) -> dict[str, Any]:
    no_open_export(alice)
    with alice.acting():
        makers.item(MARK)
        row = perform("governance.audit.export", {})
    written(alice, row)
    return {}


def no_open_check(alice: Person) -> dict[str, Any]:
    """One verification at a time: an earlier cell's would stand in the way."""
    with alice.acting(), transaction.atomic():
        ChainCheck.objects.update(state=ChainCheck.State.FAILED)
    return {}


def nobody_looked(alice: Person) -> dict[str, Any]:
    """Looking is for once a minute: an earlier cell's would stand in the way."""
    LawCheck.objects.all().delete()
    return {}


CASES = [
    Case("laws", ("GET", "POST"), nobody_looked, whole=True),
    Case("laws-state", make=nobody_looked, whole=True),
    Case("api-laws", ("GET", "POST"), nobody_looked, whole=True),
    Case("audit-verify", ("GET", "POST"), no_open_check, whole=True),
    Case("audit-verify-state", make=no_open_check, whole=True),
    Case("api-audit-verify", ("GET", "POST"), no_open_check, whole=True),
    Case("audit-export", ("GET", "POST"), a_log, whole=True),
    Case("audit-export-state", make=a_log, whole=True),
    Case("api-audit-export", ("POST",), a_log, whole=True),
]
