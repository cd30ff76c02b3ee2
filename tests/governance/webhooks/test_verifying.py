"""The examples in docs/webhooks.md do what they say, with requests that did leave."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from governance.perform import perform
from governance.webhooks import signing
from tests.cast import Person
from tests.governance.webhooks.conftest import deliver
from tests.governance.webhooks.receiver import Received, Receiver
from tests.ground import ROOT
from tests.spheres import makers

GUIDE = (ROOT / "docs" / "webhooks.md").read_text()


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


def in_python(secret: str, one: Received) -> bool:
    room: dict[str, Any] = {}
    exec(example("python"), room)
    return room["is_genuine"](secret, one.headers, one.body)


def in_shell(secret: str, one: Received, folder: Path) -> bool:
    (folder / "body").write_bytes(one.body)
    known = {name: one.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}
    environment = {"PATH": "/usr/bin:/bin", "secret": secret, **known}
    done = subprocess.run(["sh", "-c", example("sh")], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() in {"genuine", "forged"}, done.stderr
    return done.returncode == 0


@pytest.fixture
def arrived(hook: Any, alice: Person, receiver: Receiver) -> tuple[str, Received]:
    with alice.acting():
        makers.task("Balayer l’entrée", sphere="personal")
    deliver(alice, hook[0])
    return hook[1], receiver.received[0]


def test_both_accept_what_is_genuine(arrived: tuple[str, Received], tmp_path: Path) -> None:
    assert in_python(*arrived)
    assert in_shell(*arrived, tmp_path)


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_both_refuse_what_was_altered(part: str, arrived: tuple[str, Received], tmp_path: Path) -> None:
    secret, one = arrived
    if part == "body":
        one.body = one.body.replace(b"Balayer", b"Laisser")
    elif part == "secret":
        secret = signing.shown(signing.new_key())
    else:
        value = one.headers[part]
        one.headers[part] = value[:-1] + ("1" if value[-1] != "1" else "2")
    assert not in_python(secret, one)
    assert not in_shell(secret, one, tmp_path)


def test_an_old_one_is_refused(arrived: tuple[str, Received], monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    later = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: later)
    assert not in_python(*arrived)


def test_while_a_secret_is_renewed_both_fit(hook: Any, alice: Person, receiver: Receiver, tmp_path: Path) -> None:
    row, old = hook
    with alice.acting():
        _, new = perform("governance.webhook.rotate", {"webhook": row.pk})
        makers.task("Balayer", sphere="personal")
    deliver(alice, row)
    (one,) = receiver.received
    assert len(one.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        assert in_python(secret, one)
        assert in_shell(secret, one, tmp_path)
