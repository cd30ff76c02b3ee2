"""Somebody in front of a browser: with a security key in it, a language, a screen, and an address of their own."""

from __future__ import annotations

import itertools
import re
import time
from email import message_from_string, policy
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import Installation

PASSWORD = "correct-cheval-7-agrafe"
PHONE, DESK = (360, 780), (1280, 900)
SCREENS = [(locale, size) for locale in ("fr-CA", "en-CA") for size in (PHONE, DESK)]
NAMES = [f"{locale[:2]}-{size[0]}" for locale, size in SCREENS]
MAIL_WITHIN = 15  # seconds
_numbers = itertools.count(1)
AXE = Axe()


class Visitor:
    """A fresh browser profile at localhost: at a bare address there are no passkeys. It complains in the end."""

    def __init__(self, chromium: Any, installation: Installation, locale: str, size: tuple[int, int]) -> None:
        self.installation, self.language = installation, locale[:2]
        self.context = chromium.new_context(
            base_url=installation.url.replace("127.0.0.1", "localhost"),
            locale=locale,
            viewport={"width": size[0], "height": size[1]},
            bypass_csp=True,
            reduced_motion="reduce",  # colours halfway to others are looked at by nobody, but by axe
            # An address of its own: the limits of sign-ups and sign-ins count by address.
            extra_http_headers={"X-Forwarded-For": f"10.0.{next(_numbers)}.{size[0] % 250}"},
        )
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else 0)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.devices = self.context.new_cdp_session(self.page)
        self.devices.send("WebAuthn.enable")
        key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        key |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        self.key = self.devices.send("WebAuthn.addVirtualAuthenticator", {"options": key})["authenticatorId"]

    def open(self, path: str) -> None:
        """Goes there, and looks whether everybody could."""
        self.page.goto(path)
        self.looks_right()

    def send(self, action: str, **fields: str) -> None:
        """Fills the form that leads to `action`, and sends it with its main button."""
        form = self.page.locator(f'form[action*="{action}"]:visible').last
        for name, text in fields.items():
            form.locator(f'[name="{name}"]').fill(text)
        self.go(form.locator("button:not([type=button])").first)

    def go(self, what: Any) -> None:
        """Presses what leads to another page, and waits for it."""
        with self.page.expect_navigation():
            what.click()

    def arrive(self, pattern: str) -> None:
        """Waits for an address, and looks at the page."""
        self.page.wait_for_url(pattern)
        self.looks_right()

    def sign_up(self, email: str) -> None:
        self.open("/accounts/signup/")
        self.send("/accounts/signup/", display_name="Camille Roy", email=email, password1=PASSWORD)
        self.page.wait_for_url("**/home/")

    def password(self, email: str, password: str = PASSWORD) -> None:
        self.page.goto("/accounts/login/")
        self.send("/accounts/login/", login=email, password=password)

    def device(self) -> None:
        """Presses what asks the security key."""
        self.page.locator("[data-passkey-go]:visible").first.click()

    def sign_out(self) -> None:
        self.context.clear_cookies()

    def link(self, to: str, path: str, before: int = 0) -> str:
        """The address of ours in the newest e-mail to somebody, once it has come."""
        end = time.monotonic() + MAIL_WITHIN
        while time.monotonic() < end:
            for raw in reversed(self.installation.mails()[before:]):
                mail: Any = message_from_string(raw, policy=policy.default)
                found = re.search(rf"https?://[^/\s]+({path}[^\s]+)", mail.get_content()) if mail["To"] == to else None
                if found:
                    return found[1]
            time.sleep(0.1)
        raise AssertionError(f"no e-mail to {to} with {path}")

    def looks_right(self) -> None:
        """The visitor's language, no serious violation, and nothing wider than the screen."""
        self.page.wait_for_load_state()
        found = [
            item for item in AXE.run(self.page).response["violations"] if item["impact"] in {"serious", "critical"}
        ]
        faults = [(item["id"], item["nodes"][0]["target"]) for item in found]
        assert not faults, f"{self.page.url}: {faults}"
        assert not self.page.evaluate("document.documentElement.scrollWidth > innerWidth"), self.page.url
        assert self.page.evaluate("document.documentElement.lang").startswith(self.language), self.page.url


def new_email() -> str:
    return f"camille-{time.time_ns()}@example.com"
