"""A month's statement equals the ledger to the unit, however it is divided."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from agents.llm.models import Attempt
from agents.pipeline.models import Run
from governance.ledger.amounts import usd_text
from governance.ledger.models import LedgerEntry
from governance.ledger.statement import MOST_LINES, statement_of
from governance.models import AuditEntry
from tests.agents.pipeline.runs import QUESTION, SEND, asked
from tests.cast import Person, make_workshop
from tests.governance.checkpoints.asking import counted
from tests.governance.ledger.test_api import spend
from tests.governance.ledger.test_burning import spent_then

THIS = datetime.now(UTC).date().replace(day=1)


@pytest.fixture
def used(alice: Person, simulator: str) -> Person:
    """Two requests of Alice, a spending that nobody can attribute, and one of another month."""
    asked(alice, QUESTION)
    asked(alice, SEND)
    spend(alice)
    spent_then(alice, datetime.now(UTC) - timedelta(days=40), 5_000, 5_000)
    return alice


def of_the_ledger(person: Person) -> dict[str, Counter[tuple[str, str]]]:
    """Each division recomputed row by row: {code: {(key, unit): sum}}."""
    with person.looking():
        rows = LedgerEntry.objects.filter(account__kind="identity", kind="settle", at__date__gte=THIS)
        runs = {row.pk: row for row in Run.objects.all()}
        models = {row.hold_id: f"{row.provider}/{row.model}" for row in Attempt.objects.all()}
        found: dict[str, Counter[tuple[str, str]]] = {}
        for row in rows:
            run = runs.get(row.run_id)
            keys = {
                "sphere": run.sphere if run else "",
                "agent": run.agent if run else "",
                "member": str(run.person_id) if run else "",
                "model": models.get(row.hold_id, ""),
                "thread": str(row.thread_id or ""),
            }
            for code, key in keys.items():
                sums = found.setdefault(code, Counter())
                sums[key, "calls"] += 1
                sums[key, "tokens"] -= row.tokens
                sums[key, "pico_usd"] -= row.pico_usd
        return found


def test_every_division_equals_the_ledger_to_the_unit(used: Person) -> None:
    expected = of_the_ledger(used)
    with used.looking():
        found = statement_of(THIS, None)
    units = ("calls", "tokens", "pico_usd")
    told = {
        part.code: Counter({(line.key, unit): getattr(line, unit) for line in part.lines for unit in units})
        for part in found.parts
    }
    assert told == expected
    for part in found.parts:
        for unit in units:
            assert sum(getattr(line, unit) for line in part.lines) == getattr(found.total, unit) > 0


def test_names_are_those_people_know(used: Person) -> None:
    with used.looking():
        parts = {part.code: {line.name for line in part.lines} for part in statement_of(THIS, None).parts}
    assert "Nova" in parts["agent"]
    assert str(used.user) in parts["member"]


def test_a_long_list_ends_with_the_rest(alice: Person, monkeypatch: Any) -> None:
    from governance.ledger import statement

    assert MOST_LINES > 3
    monkeypatch.setattr(statement, "MOST_LINES", 3)
    for tokens in (1, 2, 3, 4, 5):
        spend(alice, tokens=tokens, pico=tokens)
    with alice.looking():
        threads = next(part for part in statement_of(THIS, None).parts if part.code == "thread").lines
    assert [(line.tokens, line.calls, line.rest) for line in threads] == [
        (5, 1, False), (4, 1, False), (3, 1, False), (3, 2, True),
    ]  # fmt: skip


def test_one_members_statement_is_their_requests_alone(used: Person, bob: Person) -> None:
    mine = used.api.get(f"governance/statements/?member={used.user.pk}").json()
    all_ = used.api.get("governance/statements/").json()
    assert mine["total"]["tokens"] == all_["total"]["tokens"] - 120
    assert used.api.get(f"governance/statements/?member={bob.user.pk}").json()["total"]["tokens"] == 0


def test_who_does_not_manage_sees_their_own_only(alice: Person, bob: Person) -> None:
    from tests.cast import Api

    workshop = make_workshop(alice, bob)
    own = Api(bob.user, workshop).get("governance/statements/")
    assert (own.status_code, own.json()["member"]) == (200, str(bob.user.pk))
    assert Api(bob.user, workshop).get(f"governance/statements/?member={alice.user.pk}").status_code == 403
    assert Api(alice.user, workshop).get(f"governance/statements/?member={bob.user.pk}").status_code == 200


@pytest.mark.parametrize("query", ["month=2026-13", "month=x", "month=2026-1", "member=x", "colour=red"])
def test_a_statement_that_cannot_be_is_refused(alice: Person, query: str) -> None:
    assert alice.api.get(f"governance/statements/?{query}").status_code == 400
    if "colour" not in query:
        assert alice.browser.get(f"/statements/?{query}").status_code == 404
        assert alice.post(f"/statements/csv/?{query}").status_code == 404


def test_the_file_says_the_same_and_is_on_record(used: Person) -> None:
    answer = used.post(f"/statements/csv/?month={THIS:%Y-%m}")
    assert answer["Content-Disposition"] == f'attachment; filename="chenu-{THIS:%Y-%m}.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    with used.looking():
        found = statement_of(THIS, None)
        assert AuditEntry.objects.latest_first()[0].action == "governance.statement.download"
    assert [int(cell) for cell in rows[-1][2:5]] == [found.total.calls, found.total.tokens, found.total.pico_usd]
    assert len(rows) == 2 + sum(len(part.lines) for part in found.parts)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_name_never_becomes_a_formula(name: str) -> None:
    from governance.documents.sheet import plain

    assert plain(name) == f"'{name}"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_shows_it(used: Person, language: str) -> None:
    type(used.user).objects.filter(pk=used.user.pk).update(language=language)
    text = used.browser.get("/statements/").content.decode()
    assert text.count("<table") == 5
    assert f'value="{THIS:%Y-%m}" selected' in text
    assert used.browser.get("/statements/?month=2020-01").status_code == 200


def test_it_costs_the_same_for_few_movements_and_for_many(alice: Person) -> None:
    spend(alice)
    alice.browser.get("/statements/")
    with counted() as few:
        alice.browser.get("/statements/")
    for _ in range(10):
        spend(alice)
    with counted() as many:
        alice.browser.get("/statements/")
    assert len(many) == len(few)


def pdf_text(content: bytes) -> str:
    """The text of a document, with plain spaces."""
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize(("language", "title", "sign"), [("fr", "Relevé", ","), ("en", "Statement of", ".")])
def test_the_document_says_the_same_in_the_readers_language(used: Person, language: str, title: str, sign: str) -> None:
    type(used.user).objects.filter(pk=used.user.pk).update(language=language)
    answer = used.post(f"/statements/pdf/?month={THIS:%Y-%m}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].endswith(f'"chenu-{THIS:%Y-%m}.pdf"')
    text = pdf_text(answer.content)
    with used.looking():
        found = statement_of(THIS, None)
        assert AuditEntry.objects.latest_first()[0].action == "governance.statement.download"
    assert title in text
    for line in [found.total, *(line for part in found.parts for line in part.lines)]:
        assert f"{line.tokens:,}".replace(",", " ") in text
        assert usd_text(line.pico_usd).removesuffix(" USD").replace(".", sign) in text


def test_a_program_gets_the_files_too_on_record(used: Person) -> None:
    pdf = used.api.post("governance/statements/", {"format": "pdf"})
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    sheet = used.api.post("governance/statements/", {"format": "csv", "month": f"{THIS:%Y-%m}"})
    assert sheet.content.decode().startswith("\ufeff")
    with used.looking():
        entries = list(AuditEntry.objects.latest_first()[:4])
    assert [entry.action for entry in entries].count("governance.statement.download") == 2
    assert used.api.post("governance/statements/", {"format": "xml"}).status_code == 400
    assert used.api.post("governance/statements/", {"format": "pdf", "month": "2026-13"}).status_code == 400


def test_an_empty_month_is_a_document_too(alice: Person) -> None:
    answer = alice.post("/statements/pdf/?month=2020-01")
    assert "janvier 2020" in pdf_text(answer.content)
