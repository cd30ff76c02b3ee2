"""The admin in a browser: taken into the staff, kept out without a second factor, then through every page of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.test_accessibility import SCREENS, faults
from tests.e2e.test_journeys import sign_up
from tests.governance.access.doors import code
from tests.ground import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.e2e]
PLACES = [
    "", "people/", "identities/", "jobs/", "months/", "ceiling/", "stops/", "rules/", "log/", "log/verify/", "glass/",
    "providers/", "providers/add/", "providers/mistral/", "providers/mistral/models/add/",
]  # fmt: skip
REASON = "Odile a demandé pourquoi une capture manque, billet 4812."


def command(installation: Installation, *words: str) -> str:
    """What `manage.py …` says in the running installation."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CHENU_", "DATABASE_"))}
    environment |= {"CHENU_DATA_DIR": str(installation.data), "CHENU_PORT": str(urlsplit(installation.url).port)}
    call = [sys.executable, "manage.py", *words]
    return subprocess.run(call, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def set_up_app(page: Any) -> None:
    page.goto("/accounts/security/app/")
    secret = re.sub(r"\s", "", page.locator(".secret").inner_text())
    page.locator("[name=code]").fill(code(secret=secret))
    page.locator("main form:has([name=code]) button").click()
    page.wait_for_url("**/security/codes/")


def test_staff_find_their_way_and_the_owner_sees_it(chromium: Any, page: Any, installation: Installation) -> None:
    owner = sign_up(page, "Odile Caron")
    colleague = chromium.new_context(base_url=installation.url, locale="fr-CA")
    desk = colleague.new_page()
    abroad: list[str] = []
    ours = (installation.url, installation.url.replace("http", "ws"), "data:")
    desk.on("request", lambda request: None if request.url.startswith(ours) else abroad.append(request.url))
    address = sign_up(desk, "Samuel Roy")
    assert desk.goto("/admin/").status == 404
    assert address in command(installation, "staff", address)
    desk.goto("/admin/")
    assert urlsplit(desk.url).path == "/accounts/security/"
    set_up_app(desk)
    complaints: list[str] = []
    desk.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for place in PLACES:
        assert desk.goto(f"/admin/{place}").status == 200
    desk.goto(f"/admin/people/?q={owner}")
    desk.locator(".results tbody th a").click()
    desk.locator("section[aria-labelledby=places] a").click()
    desk.locator("main a.btn--danger").click()
    desk.get_by_label("Motif").fill(REASON)
    desk.locator("main form button.btn--danger").click()
    desk.wait_for_url(re.compile(r"/admin/glass/[0-9a-f-]{36}/$"))
    look = urlsplit(desk.url).path
    wrong: list[str] = []
    for size, theme, locale in SCREENS:
        state = colleague.storage_state()
        options = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": theme, "locale": locale}
        seen = chromium.new_context(base_url=installation.url, storage_state=state, bypass_csp=True, **options)
        inside = seen.new_page()
        addresses = [f"/admin/{place}" for place in PLACES] + [look, f"{look}captures/", f"{look}log/"]
        wrong += [fault for path in addresses for fault in faults(inside, path)]
        for listed in ("people/", "identities/", "jobs/"):
            inside.goto(f"/admin/{listed}")
            wrong += faults(inside, inside.locator(".results tbody th a").first.get_attribute("href"))
        inside.goto("/admin/log/?action=all")
        wrong += faults(inside, inside.locator("main li a").first.get_attribute("href"))
    assert wrong == []
    assert complaints == [], "the strict policy blocks nothing"
    assert abroad == []
    page.goto("/notifications/")
    page.get_by_text(re.compile("administration consulte cette identité")).wait_for()
    page.goto("/audit/")
    page.get_by_text(REASON).wait_for()
    desk.goto("/admin/glass/")
    desk.get_by_role("button", name=re.compile("Terminer")).click()
    desk.wait_for_url("**/admin/glass/")
    assert desk.goto(f"{look}captures/").status == 410
