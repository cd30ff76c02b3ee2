"""The page's side of the live socket, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from governance.models import Membership
from tests.cast import Person
from tests.governance.live.conftest import announce
from tests.governance.live.processes import eventually

CHROMIUM = shutil.which("chromium")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

REGIONS = """
<span data-live-indicator hidden>live</span><p id="stale" hidden>stale</p>
<div id="whole" data-live-src="/whole/" data-live-kinds="message.created run.*"><button id="act">old</button></div>
<ul id="list" data-live-src="/more/" data-live-kinds="message.created" data-live-mode="append"><li data-id="1">1</ul>
<div id="one" data-live-src="/one/" data-live-kinds="run.*" data-live-id="{thing}">old</div>
<div id="form" data-live-src="/form/" data-live-kinds="message.created"><textarea id="text"></textarea></div>"""

START = """([regions, data]) => {
  document.body.innerHTML = regions;
  Object.assign(document.body.dataset, data);
  document.addEventListener("chenu:run.changed", (event) => (window.heard = event.detail));
  return import("/static/js/live.js").then((live) => live.startLive());
}"""


class Tab:
    """A page with live regions; `asked` are the fragments it fetched."""

    def __init__(self, page: Any, host: str, person: Person) -> None:
        self.page, self.asked, self.sockets = page, [], []
        person.browser.get("/api/v2/auth/me/")
        self.epoch = person.browser.session["epoch"]
        cookie = {"name": "sessionid", "value": person.browser.cookies["sessionid"].value}
        page.context.add_cookies([{**cookie, "url": f"http://{host}"}])
        page.on("websocket", lambda socket: self.sockets.append(socket))
        self.host = host

    def open(self, seq: Any = "", thing: Any = "another") -> None:
        for name in ("whole", "more", "one", "form"):
            self.page.route(f"**/{name}/**", self.answer)
        # A real answer of ours, with its content security policy.
        self.page.goto(f"http://{self.host}/healthz")
        data = {"live": "on", "epoch": self.epoch, "liveSeq": str(seq)}
        self.page.evaluate(START, [REGIONS.format(thing=thing), data])

    def answer(self, route: Any) -> None:
        name = route.request.url.split("/", 3)[3]
        self.asked.append(name)
        number = len(self.asked)
        route.fulfill(
            body=f'<button id="act">new</button><li data-id="{number + 1}">{number + 1}', content_type="text/html"
        )

    def connected(self) -> None:
        self.page.wait_for_selector("[data-live-indicator]:not([hidden])", timeout=20_000)


@pytest.fixture
def tab(web: str, alice: Person, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield Tab(browser.new_page(), web, alice)
        browser.close()


@pytest.fixture
def soon(tab: Tab) -> Callable[[Callable[[], Any]], Any]:
    """Waits while the browser goes on."""
    return lambda what: eventually(lambda: tab.page.wait_for_timeout(20) or what(), within=20)


def test_regions_are_fetched_for_their_kinds_only_and_the_focus_stays(tab, alice, soon):
    tab.open()
    tab.connected()
    tab.page.focus("#act")
    announce(alice, "run.changed", step=3)
    soon(lambda: tab.page.text_content("#act") == "new")
    assert tab.page.evaluate("[document.activeElement.id, window.heard.step]") == ["act", 3]
    assert tab.asked == ["whole/"]


def test_a_list_is_continued_from_its_last_entry(tab, alice, soon):
    tab.open()
    tab.connected()
    announce(alice)
    soon(lambda: "more/?after=1" in tab.asked)
    soon(lambda: tab.page.locator("#list > li").count() == 2)


def test_a_region_about_one_object_waits_for_that_object(tab, alice, soon):
    from uuid_utils.compat import uuid7

    thing = uuid7()
    tab.open(thing=thing)
    tab.connected()
    announce(alice, "run.changed")
    soon(lambda: tab.asked == ["whole/"])
    announce(alice, "run.changed", thread=str(thing))
    soon(lambda: sorted(tab.asked) == ["one/", "whole/", "whole/"])


def test_what_is_being_typed_is_never_replaced(tab, alice, soon):
    tab.open()
    tab.connected()
    tab.page.type("#text", "half a sen")
    announce(alice)
    soon(lambda: "whole/" in tab.asked)
    assert "form/" not in tab.asked
    assert tab.page.input_value("#text") == "half a sen"
    tab.page.evaluate("document.activeElement.blur()")
    soon(lambda: "form/" in tab.asked)


def test_a_page_gets_what_happened_since_it_was_made(tab, alice, soon):
    announce(alice)
    announce(alice, "run.changed")
    tab.open(seq=1)
    soon(lambda: tab.asked == ["whole/"])


def test_a_switched_identity_shows_the_notice_and_ends_the_connection(tab, alice, workshop, soon):
    tab.open()
    tab.connected()
    session = Session.objects.get(session_key=alice.browser.session.session_key)
    store = alice.browser.session
    store["identity"], store["epoch"] = str(workshop.pk), "another"
    store.save()
    tab.page.wait_for_selector("#stale:not([hidden])", timeout=20_000)
    assert tab.page.is_hidden("[data-live-indicator]")
    tab.page.wait_for_timeout(1500)
    assert (session.pk, len(tab.sockets)) == (store.session_key, 1)


def test_signing_out_ends_the_connection(tab, alice, soon):
    tab.open()
    tab.connected()
    alice.browser.session.flush()
    tab.page.wait_for_selector("[data-live-indicator]", state="hidden", timeout=20_000)
    tab.page.wait_for_timeout(1500)
    assert len(tab.sockets) == 1


def test_a_lost_connection_comes_back_without_a_gap(tab, alice, soon):
    tab.open()
    tab.connected()
    tab.page.context.set_offline(True)
    tab.page.wait_for_timeout(100)
    tab.page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    tab.page.wait_for_selector("[data-live-indicator]", state="hidden", timeout=20_000)
    announce(alice, "run.changed")
    tab.page.context.set_offline(False)
    soon(lambda: tab.asked == ["whole/"])
    assert "last_seq=0" in tab.sockets[-1].url


def test_leaving_an_identity_shows_the_notice(tab, alice, workshop):
    store = alice.browser.session
    store["identity"], store["epoch"] = str(workshop.pk), "another"
    store.save()
    tab.epoch = "another"
    tab.open()
    tab.connected()
    Membership.objects.filter(user=alice.user, identity=workshop).delete()
    tab.page.wait_for_selector("#stale:not([hidden])", timeout=20_000)
