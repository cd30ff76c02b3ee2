"""No serious accessibility violation, no sideways scrolling, in both themes and on a phone (design 8.2, 8.4)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import Installation
from tests.e2e.test_journeys import PASSWORD, sign_up, stopped

pytestmark = [pytest.mark.browser]

OUTSIDE = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
INSIDE = [
    "/home/", "/s/", "/s/personal/", "/s/personal/capture/", "/s/personal/data/", "/s/personal/threads/", "/tasks/",
    "/threads/", "/approvals/", "/approvals/delegations/", "/approvals/grants/", "/approvals/pace/",
    "/elevations/", "/elevations/new/",
    "/kill/", "/violations/", "/audit/", "/audit/verify/",
    "/budgets/", "/budgets/cap/?unit=tokens&period=month", "/budgets/raise/", "/statements/",
    "/budgets/burn-down/?unit=tokens&period=month", "/orders/", "/orders/new/", "/orders/account/",
    "/outbox/", "/pipelines/", "/laws/", "/audit/export/", "/transfers/", "/memory/", "/memory/new/",
    "/trash/", "/identities/", "/team/", "/notifications/", "/notifications/preferences/",
    "/settings/data/", "/settings/account/delete/",
    "/settings/routing/", "/settings/routing/?task=chat&context_tokens=1000&max_output_tokens=1000",
    "/settings/providers/", "/settings/providers/anthropic/", "/settings/providers/openai/key/", "/settings/models/",
    "/connections/", "/connections/webhooks/new/", "/policies/", "/policies/new/?template=sunday",
    "/accounts/security/", "/accounts/security/outside/",
]  # fmt: skip
SCREENS = [((1280, 900), "light", "fr-CA"), ((360, 780), "dark", "en-CA")]


def faults(page: Any, path: str) -> list[str]:
    """What is wrong with a page: serious violations by rule, and a page wider than its screen."""
    page.goto(path)
    found = Axe().run(page).response["violations"]
    wrong = [
        f"{path}: {item['id']} {item['nodes'][0]['target']}"
        for item in found
        if item["impact"] in {"serious", "critical"}
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{path}: wider than the screen")
    return wrong


@pytest.mark.parametrize(("size", "theme", "locale"), SCREENS)
def test_no_page_keeps_anybody_out(
    chromium: Any, page: Any, installation: Installation, size: tuple[int, int], theme: str, locale: str
) -> None:
    sign_up(page, "Odile Caron")
    stopped(page)
    asked = page.url
    stopped(page)  # one more, alike: they can be decided together
    options = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": theme, "locale": locale}
    stranger = chromium.new_context(base_url=installation.url, bypass_csp=True, **options).new_page()
    wrong = [fault for path in OUTSIDE for fault in faults(stranger, path)]
    state = page.context.storage_state()
    own = chromium.new_context(base_url=installation.url, storage_state=state, bypass_csp=True, **options).new_page()
    stranger.context.set_default_timeout(20_000)
    wrong += [fault for path in [*INSIDE, page.url, batch_of(own)] for fault in faults(own, path)]
    wrong += faults(stranger, violation_of(stranger, asked))
    assert wrong == []


def batch_of(page: Any) -> str:
    """The page that shows all questions which wait, each in full."""
    page.goto("/approvals/")
    boxes = page.locator('[name="checkpoint"]')
    assert boxes.count() == 2
    for box in boxes.all():
        box.check()
    page.locator("#together button").click()
    page.wait_for_url("**/approvals/batch/?**")
    assert page.locator(".sheet").count() == 2
    return str(page.url)


def violation_of(stranger: Any, asked: str) -> str:
    """The page of what is noted of a new person who tries the address of somebody else's question."""
    stranger.goto("/accounts/signup/")
    known = {"display_name": "Basile", "email": f"basile-{time.time_ns()}@example.com", "password1": PASSWORD}
    for name, value in known.items():
        stranger.locator(f"main form [name={name}]").fill(value)
    stranger.locator("main form button.btn--primary").click()
    stranger.wait_for_url("**/home/")
    stranger.goto(asked)
    stranger.goto("/violations/")
    stranger.locator("main a[href*='/violations/']").first.click()
    stranger.wait_for_url(re.compile(r"/violations/[0-9a-f-]{36}/"))
    return str(stranger.url)
