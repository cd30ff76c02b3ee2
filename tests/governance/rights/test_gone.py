"""Law L10, shown whole: of an erased identity nothing is left that tells anything, and the log still proves itself."""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from chenu.backup import database as dumps
from governance.audit.verify import verify_chain
from governance.isolation.context import bind, reading
from governance.isolation.inspect import findings
from governance.models import Erasure
from governance.perform import perform
from governance.rights.account import end_due_accounts
from governance.rights.sweeping import nobody_in
from tests.cast import Person
from tests.governance.audit.chains import whole
from tests.governance.isolation.walls import superuser
from tests.governance.rights.archives import Opened, exported, file_of
from tests.governance.rights.endings import NOW, overdue
from tests.governance.rights.plants import planted
from tests.spheres import makers

# Only ever written into the log, whose payloads are sealed: not in a dump even before.
SEALED = {"search words", "first thread title"}
SEARCHED = ("spheres_item", "spheres_capture", "spheres_dataspace")


def kept_text(folder: Path) -> str:
    """Everything the installation keeps: a dump, what is packed inside it, the search index, all files."""
    dumps.dump(folder / "dump.sql")
    return "\n".join([(folder / "dump.sql").read_text(errors="replace"), *packed(), *indexed(), *files()])


def packed() -> list[str]:
    """Sessions and cached values, which a dump holds in base64."""
    with superuser() as admin:
        values = [value for (value,) in admin.execute("SELECT value FROM chenu_cache").fetchall()]
    cached = [base64.b64decode(value).decode(errors="replace") for value in values]
    return cached + [str(session.get_decoded()) for session in Session.objects.all()]


def indexed() -> list[str]:
    """The words of the search index; a dump leaves them out because they are made anew."""
    with superuser() as admin:
        return [text for table in SEARCHED for (text,) in admin.execute(f"SELECT search::text FROM {table}").fetchall()]


def files() -> list[str]:
    """Names and contents of all files of the data folder but PostgreSQL's own."""
    found = []
    for path in Path(settings.DATA_DIR).rglob("*"):
        inside = path.relative_to(settings.DATA_DIR).parts
        if path.is_file() and inside[0] not in {"postgres", "static"}:
            found += [str(path), path.read_bytes().decode(errors="replace")]
    return found


@pytest.mark.usefixtures("simulator")
def test_erasing_an_identity_leaves_nothing_but_its_chain(
    bob: Person, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with bob.acting():
        foreign = makers.item("À Bob").pk
    with caplog.at_level(logging.DEBUG):
        word, person, house = planted(foreign)
        taken = [Opened(file_of(exported(person, identity)).read_bytes()) for identity in (None, house)]
        before, told = kept_text(tmp_path), "\n".join(held.all_text() + str(held.names()) for held in taken)
        assert len(word.words) >= 40
        assert {name for name, text in word.words.items() if text not in before} == SEALED
        assert [name for name, text in word.words.items() if text not in told] == []

        with person.acting():
            row = perform("governance.account.delete", {"email": person.email})
        overdue(row)
        end_due_accounts(NOW)
        assert Erasure.objects.get(pk=row.pk).state == "done"

    after = kept_text(tmp_path)
    assert [name for name, text in word.words.items() if text in after] == []
    assert [name for name, text in word.words.items() if text in caplog.text] == []
    assert str(foreign) in after  # twin: what is Bob's is found by the same look
    assert_proved(person, house)
    for number, held in enumerate(taken):
        code, told = held.verify(tmp_path / str(number))
        assert (code, told.splitlines()[-1]) == (0, "whole")


def assert_proved(person: Person, house: Any) -> None:
    """The chains of the erased ones are whole, and the system's, and all walls stand."""
    for chain in (person.identity.pk, house.pk):
        with bind(nobody_in(chain)), reading():
            report = verify_chain(chain)
        assert report.ok
        assert report.entries > 3
    assert whole(person.identity.pk, house.pk)
    assert findings() == []
