"""The cast: Alice owns, Bob is a member of her workshop, Charlie must see nothing, Sam is staff."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

PASSWORD = "correct-cheval-7-agrafe"
_numbers = itertools.count(1)


class QuickArgon2(Argon2PasswordHasher):
    """The real algorithm at its least cost: nearly every test makes people, none guards against guessing."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@dataclass
class Person:
    """A registered person with helpers to act, to browse and to call the API."""

    user: Any
    identity: Any
    _client: Client | None = field(default=None)

    @property
    def email(self) -> str:
        return self.user.email

    def context(self, identity: Any = None, **changes: Any) -> Any:
        """The bound context of this person for `identity` (default: the personal one)."""
        from uuid_utils.compat import uuid7

        from governance.isolation.context import Channel, IdentityContext
        from governance.models import Membership

        chosen = identity or self.identity
        membership = Membership.objects.filter(user=self.user, identity=chosen).first()
        values = {
            "person_id": self.user.pk,
            "identity_id": chosen.pk,
            "role": membership.role if membership else "owner",
            "channel": Channel.API,
            "request_id": uuid7(),
        }
        return IdentityContext(**(values | changes))

    @contextmanager
    def acting(self, identity: Any = None, **changes: Any) -> Iterator[Any]:
        """Binds the person's context for the block."""
        from governance.isolation.context import bind

        with bind(self.context(identity, **changes)) as context:
            yield context

    @contextmanager
    def looking(self, identity: Any = None) -> Iterator[Any]:
        """Binds the context and opens a reading transaction."""
        from governance.isolation.context import reading

        with self.acting(identity) as context, reading():
            yield context

    @property
    def browser(self) -> Client:
        """A signed-in browser without JavaScript; posts carry the current epoch."""
        if self._client is None:
            self._client = Client()
            self._client.force_login(self.user)
            self._client.get("/accounts/email/")
        return self._client

    def post(self, url: str, data: dict[str, Any] | None = None, **extra: Any) -> Any:
        """A form post of a fresh page: with the session's present epoch."""
        client = self.browser
        client.get("/api/v2/auth/me/")
        return client.post(url, {**(data or {}), "epoch": client.session["epoch"]}, **extra)

    @property
    def api(self) -> Api:
        return Api(self.user)


class Api:
    """Calls of the API with a Bearer token: `alice.api.post("threads/", {...})` → response."""

    def __init__(
        self, user: Any | None, identity: Any = None, base: str = "/api/v2/", proofs: list[Any] | None = None
    ) -> None:
        from governance.access.tokens import issue

        self.client, self.base = Client(), base
        self.headers = {"HTTP_AUTHORIZATION": f"Bearer {issue(user, proofs).access}"} if user else {}
        if identity is not None:
            self.headers["HTTP_X_IDENTITY_ID"] = str(identity.pk)

    def request(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        return self.client.generic(
            method,
            self.base + path,
            data=_encoded(body),
            content_type="application/json",
            **self.headers,
            **extra,
        )

    def get(self, path: str, **extra: Any) -> Any:
        return self.request("GET", path, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.request("POST", path, body, **extra)

    def patch(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.request("PATCH", path, body, **extra)

    def delete(self, path: str, **extra: Any) -> Any:
        return self.request("DELETE", path, **extra)


def _encoded(body: Any) -> bytes:
    import orjson

    if body is None:
        return b""
    return body if isinstance(body, bytes) else orjson.dumps(body)


def make_person(name: str) -> Person:
    """A new person with their personal identity; every call makes another one."""
    from governance.models import Identity
    from governance.people.registration import register_person

    number = f"{next(_numbers)}-{os.getpid()}"
    email = f"{name.lower()}-{number}@example.com"
    user = register_person(email=email, password=PASSWORD, display_name=name)
    return Person(user, Identity.objects.get(owner=user))


def make_workshop(owner: Person, *members: Person, role: str = "member") -> Any:
    """An enterprise identity of `owner` with further members."""
    from governance.models import Membership
    from governance.perform import perform

    with owner.acting():
        workshop = perform("governance.identity.create", {"kind": "enterprise", "name": "Atelier Roy"})
    for member in members:
        Membership.objects.create(user=member.user, identity=workshop, role=role)
    return workshop


@pytest.fixture
def alice(db: None) -> Person:
    return make_person("Alice")


@pytest.fixture
def bob(db: None) -> Person:
    return make_person("Bob")


@pytest.fixture
def charlie(db: None) -> Person:
    return make_person("Charlie")


@pytest.fixture
def sam(db: None) -> Person:
    person = make_person("Sam")
    type(person.user).objects.filter(pk=person.user.pk).update(is_staff=True)
    person.user.refresh_from_db()
    return person


@pytest.fixture
def workshop(alice: Person, bob: Person) -> Any:
    """Alice's enterprise identity, with Bob as a member."""
    return make_workshop(alice, bob)


@pytest.fixture
def stranger(db: None) -> Client:
    """A browser nobody is signed in with."""
    return Client()
