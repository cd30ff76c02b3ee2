"""The isolation matrix of the admin: every URL, with Alice's object for it. She is no staff: there is nothing there."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from agents.llm.registry.models import Model
from governance.isolation.context import bind, reading
from governance.models import AuditEntry, BreakGlass, InstallationStop, Job
from governance.staff.looks import all_looks
from tests.cast import Person, make_person
from tests.governance.staff.staff import a_look
from tests.isolation.case import Case
from tests.isolation.cases_spheres import a_capture


def a_person(alice: Person) -> dict[str, Any]:
    return {"pk": alice.user.pk}


def an_identity(alice: Person) -> dict[str, Any]:
    return {"pk": alice.identity.pk}


def into_identity(alice: Person) -> dict[str, Any]:
    return {"identity": alice.identity.pk}


def a_job(alice: Person) -> dict[str, Any]:
    row = Job.objects.create(
        kind="tests.nothing", identity_id=alice.identity.pk, person_id=alice.user.pk, state=Job.State.DEAD
    )
    return {"pk": row.pk}


def an_entry(alice: Person) -> dict[str, Any]:
    """One of the system's chain."""
    from governance.staff.contexts import machine_context

    a_glass(alice)
    with bind(machine_context()), reading():
        return {"pk": AuditEntry.objects.latest_first()[0].pk}


def a_glass(alice: Person) -> dict[str, Any]:
    """Somebody of the staff looks into her identity."""
    row = BreakGlass.objects.filter(identity=alice.identity, ended_at__isnull=True).first()
    if row is None:
        row = a_look(make_person("Sam"), alice.identity)
    return {"glass": row.pk}


def a_table(alice: Person) -> dict[str, Any]:
    return a_glass(alice) | {"table": all_looks()[0].slug}


def a_row(alice: Person) -> dict[str, Any]:
    return a_glass(alice) | {"table": "captures", "row": a_capture(alice)["capture"]}


def a_stop(alice: Person) -> dict[str, Any]:
    """One that is over: it would stop the others of this matrix."""
    now = timezone.now()
    over = {"lifted_at": now, "told_at": now}
    row = InstallationStop.objects.create(scope="all", reason="A test", by_id=alice.user.pk, at=now, **over)
    return {"pk": row.pk}


def a_provider(alice: Person) -> dict[str, Any]:
    return {"provider": "anthropic"}


def a_model(alice: Person) -> dict[str, Any]:
    return {"pk": Model.objects.get(provider="anthropic", model_id="claude-sonnet-5-5").pk}


PROVIDER = {"id": "acme", "name": "Acme", "wire": "openai", "base_url": "https://api.acme.org", "jurisdiction": "EU"}
REASON = {"reason": "Alice asked why her capture is missing, ticket 4812."}


STOPPED = {"what": "all:", "reason": "The provider bills twice, ticket 4812."}


def case(name: str, *more: Any) -> Case:
    return Case(f"admin:{name}", *more, staff=True)


CASES = [
    case("index"),
    case("governance_user_changelist"),
    case("governance_identity_changelist"),
    case("governance_job_changelist"),
    case("governance_installationaccount_changelist"),
    case("governance_user_change", ("GET",), a_person),
    case("person-suspend", ("POST",), a_person, REASON),
    case("person-reactivate", ("POST",), a_person, REASON),
    case("person-unlock", ("POST",), a_person),
    case("governance_identity_change", ("GET",), an_identity),
    case("governance_job_change", ("GET",), a_job),
    case("job-retry", ("POST",), a_job),
    case("job-cancel", ("POST",), a_job),
    case("ceiling", ("GET", "POST"), lambda alice: {}, {"usd": "1"}),
    case("stops", ("GET", "POST"), lambda alice: {}, STOPPED),
    case("stop-lift", ("POST",), a_stop),
    case("llm-providers"),
    case("llm-provider-add", ("GET", "POST"), lambda alice: {}, PROVIDER),
    case("llm-provider", ("GET", "POST"), a_provider, {"rpm": "5"}),
    case("llm-key", ("POST",), a_provider, {"key": "sk-of-nobody-at-all"}),
    case("llm-key-remove", ("POST",), a_provider),
    case("llm-key-test", ("POST",), a_provider),
    case("llm-model-add", ("GET", "POST"), a_provider, {"id": "x"}),
    case("llm-model", ("GET", "POST"), a_model, {"what": "model"}),
    case("rules"),
    case("laws"),
    case("log-verify", ("GET", "POST")),
    case("log-verify-state"),
    case("log"),
    case("log-entry", ("GET",), an_entry),
    case("glass"),
    case("glass-open", ("GET", "POST"), into_identity, REASON),
    case("glass-detail", ("GET",), a_glass),
    case("glass-end", ("POST",), a_glass),
    case("glass-table", ("GET",), a_table),
    case("glass-row", ("GET",), a_row),
]
