"""Two people in two browsers: what one does moves the other's bell, without a reload."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from governance.live import notify
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import ask, vote
from tests.governance.live.conftest import greeted, receive
from tests.governance.live.processes import eventually

CHROMIUM = shutil.which("chromium")


def until(ws: Any, unread: int) -> dict[str, Any]:
    while (frame := receive(ws)).get("unread") != unread:
        pass
    return frame


def test_the_socket_tells_how_many_are_unread(
    live: Any, alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    there = live(bob, token=True, headers={"X-Identity-ID": str(workshop.pk)})
    greeted(there)
    shown = ask(alice, workshop, subject="zzq-secret")
    frame = until(there, 1)
    assert frame["kind"] == "elsewhere"
    assert "zzq-secret" not in str(frame)
    assert shown["id"] not in str(frame)
    with bob.acting(workshop):
        perform("governance.notification.read_all", {})
    until(there, 0)


def test_a_lost_hint_of_the_bell_is_made_up_for(
    live: Any, alice: Person, bob: Person, workshop: Any, monkeypatch: Any
) -> None:
    import time

    there = live(bob, token=True, headers={"X-Identity-ID": str(workshop.pk)})
    greeted(there)
    time.sleep(4.5)  # two sweeps: the second one knows what the first one saw
    monkeypatch.setattr(notify, "hint", lambda channel, payload: None)
    with bob.acting(workshop):
        perform("governance.notification.read_all", {})
    ask(alice, workshop)
    until(there, 1)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield found
        found.close()


def opened(browser: Any, web: str, person: Person, identity: Any, path: str) -> Any:
    """A page in a browser of the person's own, acting for the identity."""
    person.post(f"/identities/{identity.pk}/activate/")
    context = browser.new_context()
    cookie = {"name": "sessionid", "value": person.browser.cookies["sessionid"].value}
    context.add_cookies([{**cookie, "url": f"http://{web}"}])
    page = context.new_page()
    with page.expect_websocket(lambda socket: "/ws/live/" in socket.url) as sockets:
        page.goto(f"http://{web}{path}")
    assert not sockets.value.is_closed()
    page.wait_for_timeout(1500)  # it has been greeted by now
    return page


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_two_browsers(browser: Any, web: str, alice: Person, bob: Person, workshop: Any) -> None:
    hers = opened(browser, web, alice, workshop, "/notifications/")
    his = opened(browser, web, bob, workshop, "/notifications/")

    def bell(page: Any) -> int:
        page.wait_for_timeout(20)  # the browser goes on
        texts = page.locator(".topbar .badge").all_inner_texts()  # at once: it may be gone in the next moment
        return int(texts[0]) if texts else 0

    start = bell(hers), bell(his)
    shown = ask(alice, workshop)
    eventually(lambda: bell(his) == start[1] + 1, within=20)
    eventually(lambda: "Une approbation vous attend" in his.inner_text("main"), within=20)  # the list, too
    assert bell(hers) == start[0]
    with bob.acting(workshop):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown, "reject")})
    eventually(lambda: (bell(hers), bell(his)) == (start[0] + 1, start[1]), within=20)
    eventually(lambda: "Votre demande a reçu une décision" in hers.inner_text("main"), within=20)
