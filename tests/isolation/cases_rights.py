"""The isolation matrix of rights: archives, erasures, the end of an account."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tests.cast import Person
from tests.governance.rights.archives import exported
from tests.isolation.case import MARK, Case
from tests.spheres import makers


def no_open_export(alice: Person) -> None:
    """One archive at a time: an earlier cell's would stand in the way."""
    from governance.rights.models import DataExport

    with alice.acting(), transaction.atomic():
        DataExport.objects.under_way().update(state=DataExport.State.FAILED)


def an_archive(alice: Person) -> dict[str, Any]:
    no_open_export(alice)
    with alice.acting():
        makers.item(MARK)
    return {"export": exported(alice).pk}


def some_archives(alice: Person) -> dict[str, Any]:
    an_archive(alice)
    return {}


def her_identity(alice: Person) -> dict[str, Any]:
    """Her personal one, which ends with her account only: asking is a conflict, and a stranger's is refused before."""
    return {"identity": alice.identity.pk}


def her_name(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"name": str(alice.identity)}


def her_address(alice: Person, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"email": alice.email}


CASES = [
    Case("settings-data", make=some_archives, whole=True),
    Case("exports", ("GET", "POST"), some_archives, whole=True),
    Case("export-download", ("POST",), an_archive),
    Case("identity-erase", ("GET", "POST"), some_archives, her_name, whole=True, answers=(400,)),
    Case("identity-keep", ("POST",), some_archives, whole=True),
    Case("account-delete", ("GET", "POST"), some_archives, her_address, whole=True, answers=(400,)),
    Case("account-keep", ("POST",), some_archives, whole=True),
    Case("api-auth-identity-erase", ("GET", "POST", "DELETE"), her_identity, her_name, answers=(404, 409)),
    Case("api-auth-me-erase", ("GET", "POST", "DELETE"), some_archives, her_address, whole=True, answers=(404, 409)),
    Case("api-exports", ("GET", "POST"), some_archives, whole=True),
    Case("api-export", make=an_archive),
    Case("api-export-download", ("POST",), an_archive),
]
