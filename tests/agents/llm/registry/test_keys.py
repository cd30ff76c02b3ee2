"""Keys: whose counts, where it may go, who may give it, and that it is nowhere to be read again."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.llm.registry.keys import From, Key, KeyState, key_for, key_states
from agents.llm.registry.models import IdentityKey, InstallationKey, Provider
from agents.llm.registry.probing import Trial, try_key
from agents.llm.registry.snapshot import forget
from governance.errors import AuditUnavailable, BadInput, Conflict, NotAllowed, NotThere
from governance.isolation.context import Channel
from governance.models import Membership
from governance.perform import perform
from tests.agents.llm.registry.conftest import GOOD
from tests.agents.llm.registry.test_snapshot import change
from tests.cast import Person, make_person, make_workshop
from tests.governance.acts import payload_of
from tests.governance.staff.staff import acting, hire

pytestmark = pytest.mark.usefixtures("db")
MINE, SHARED, SET = "sk-mine-000000aaaa", "sk-shared-00000bbbb", "agents.key.set"


@pytest.fixture
def sam() -> Person:
    return hire(make_person("Sam"))


def give(person: Person, key: str = MINE, provider: str = "openai") -> None:
    with person.acting():
        perform(SET, {"provider": provider, "key": key})


def share(sam: Person, key: str = SHARED, provider: str = "openai") -> None:
    with acting(sam):
        perform(SET, {"provider": provider, "key": key})


def found(person: Person, provider: str = "openai") -> Key | None:
    with person.acting():
        return key_for(provider)


def state(person: Person, provider: str = "openai") -> KeyState:
    with person.looking():
        return key_states(Provider.objects.filter(pk=provider))[provider]


@pytest.mark.usefixtures("for_real")
def test_the_identitys_own_comes_first_then_the_installations_then_the_environments(
    alice: Person, sam: Person, settings: Any
) -> None:
    assert found(alice) is None
    settings.PROVIDER_KEYS = {"OPENAI_API_KEY": "sk-environment-1"}
    assert found(alice) == Key("sk-environment-1", From.ENVIRONMENT)
    share(sam)
    assert found(alice) == Key(SHARED, From.INSTALLATION)
    give(alice)
    assert found(alice) == Key(MINE, From.IDENTITY)
    assert found(make_person("Charlie")) == Key(SHARED, From.INSTALLATION)
    with alice.acting():
        perform("agents.key.remove", {"provider": "openai"})
    assert found(alice) == Key(SHARED, From.INSTALLATION)


def test_in_demonstration_mode_no_real_key_is_used(alice: Person) -> None:
    give(alice)
    assert found(alice) == Key("demo", From.DEMO)


@pytest.mark.usefixtures("for_real")
def test_a_local_server_needs_none(alice: Person, settings: Any) -> None:
    settings.PROVIDER_BASE_URLS = {"ollama": "http://127.0.0.1:11434/v1"}
    assert found(alice, "ollama") == Key("", From.NOT_NEEDED)
    with pytest.raises(Conflict):
        give(alice, provider="ollama")


@pytest.mark.usefixtures("for_real")
def test_a_key_is_sent_to_the_address_it_was_given_for_only(alice: Person, sam: Person, settings: Any) -> None:
    settings.PROVIDER_KEYS = {"TOGETHER_API_KEY": "tk-environment-1"}
    share(sam, provider="together")
    give(alice, provider="together")
    other = "https://api.together.xyz/v1"
    change(Provider.objects.filter(pk="together"), base_url=other)
    try:
        assert found(alice, "together") is None, "neither a stored key nor one of the environment"
        shown = state(alice, "together")
        assert (shown.present, shown.stale, shown.last4) == (False, True, "aaaa")
        give(alice, "sk-second-00000cccc", "together")
        assert found(alice, "together") == Key("sk-second-00000cccc", From.IDENTITY)
    finally:
        change(Provider.objects.filter(pk="together"), base_url="https://api.together.ai/v1")


@pytest.mark.usefixtures("for_real")
def test_a_key_that_was_moved_or_altered_does_not_open(alice: Person, sam: Person) -> None:
    give(alice)
    share(sam, provider="mistral")
    with alice.acting():
        from governance.uow import unit_of_work

        with unit_of_work():
            IdentityKey.objects.filter(provider="openai").update(provider="xai", base_url="https://api.x.ai/v1")
    with pytest.raises(AuditUnavailable):
        found(alice, "xai")
    row = InstallationKey.objects.get(provider="mistral")
    row.sealed = bytes(row.sealed)[:-1] + bytes([bytes(row.sealed)[-1] ^ 1])
    row.save()
    forget()
    with pytest.raises(AuditUnavailable):
        found(alice, "mistral")


def test_who_may_give_one(alice: Person) -> None:
    bob = make_person("Bob")
    house = make_workshop(alice, bob)
    with bob.acting(house), pytest.raises(NotAllowed):
        perform(SET, {"provider": "openai", "key": MINE})
    Membership.objects.filter(user=bob.user, identity=house).update(role="admin")
    with bob.acting(house):
        perform(SET, {"provider": "openai", "key": MINE})
    for more in ({"agent": "nova"}, {"token_id": alice.user.pk}):
        with alice.acting(**more), pytest.raises(NotAllowed):
            perform(SET, {"provider": "openai", "key": MINE})
    with alice.acting(channel=Channel.ADMIN), pytest.raises(NotAllowed):
        perform("agents.registry.load", {})


@pytest.mark.parametrize("key", ["shorter", "with two words", "sk-ünïcode-key", "line\nline-2-of-it", "x" * 501])
def test_what_is_no_key_is_told_without_repeating_it(alice: Person, key: str) -> None:
    with alice.acting(), pytest.raises(BadInput) as refusal:
        perform(SET, {"provider": "openai", "key": key})
    assert refusal.value.errors.keys() == {"key"}
    assert key not in str(refusal.value.errors)


def test_unknown_providers_and_keys_that_are_not_there(alice: Person) -> None:
    for name, more in ((SET, {"key": MINE}), ("agents.key.test", {}), ("agents.key.remove", {})):
        with alice.acting(), pytest.raises(NotThere):
            perform(name, {"provider": "nobody", **more})
    with alice.acting(), pytest.raises(NotThere):
        perform("agents.key.remove", {"provider": "openai"})


def test_the_states_of_all_providers_are_two_questions(alice: Person) -> None:
    give(alice)
    rows = list(Provider.objects.all())
    with alice.looking(), CaptureQueriesContext(connection) as seen:
        assert key_states(rows)["openai"].last4 == "aaaa"
    assert len(seen) == 2


def test_the_end_of_a_shared_key_is_for_staff(alice: Person, sam: Person) -> None:
    share(sam)
    shown = state(alice)
    assert (shown.source, shown.own, shown.last4) == (From.INSTALLATION, False, "")


def test_a_test_says_ok_refused_or_unreachable(alice: Person, groq: list[tuple[str, str]], settings: Any) -> None:
    give(alice, GOOD, "groq")
    with alice.acting():
        assert try_key("groq") == Trial.OK
    assert groq == [("/v1/models", f"Bearer {GOOD}")]
    assert (state(alice, "groq").tested, state(alice, "groq").last4) == ("ok", GOOD[-4:])
    give(alice, "sk-wrong-00000000", "groq")
    with alice.acting():
        assert try_key("groq") == Trial.REFUSED
    settings.PROVIDER_BASE_URLS = {"groq": "http://127.0.0.1:9/v1"}
    give(alice, GOOD, "groq")
    with alice.acting():
        assert try_key("groq") == Trial.UNREACHABLE


@pytest.mark.usefixtures("simulator")
def test_in_demonstration_mode_the_simulator_is_asked(alice: Person) -> None:
    with alice.acting():
        assert try_key("anthropic") == Trial.OK


@pytest.mark.usefixtures("for_real")
def test_what_cannot_be_tested_is_said(alice: Person) -> None:
    with alice.acting(), pytest.raises(Conflict) as none:
        try_key("openai")
    give(alice, provider="perplexity")
    with alice.acting(), pytest.raises(Conflict) as no_way:
        try_key("perplexity")
    assert (none.value.code, no_way.value.code) == ("no_key", "no_free_test")


def test_the_key_is_nowhere_to_be_read(
    alice: Person, sam: Person, groq: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Every column of every table, what is written to the log, what entries tell, what is said of a refusal."""
    secret, shared = "sk-needle-4d1f77e0", "sk-needle-shared-9a"
    with caplog.at_level(logging.DEBUG):
        give(alice, secret, "groq")
        share(sam, shared, "groq")
        with alice.acting():
            try_key("groq")
    for needle in (secret, shared):
        assert needle not in caplog.text
        assert everywhere(needle) == []
        assert needle not in repr(found(alice, "groq"))
    from governance.models import AuditEntry

    with alice.looking():
        rows = list(AuditEntry.objects.filter(action__startswith="agents.key."))
    told = [payload_of(alice, row) for row in rows]
    assert [entry["params"] for entry in told][:1] == [{"provider": "groq"}]
    assert secret not in str(told)


def test_the_search_would_find_it(alice: Person) -> None:
    """Twin: a name that is stored in the clear is found."""
    assert "governance_user" in everywhere(alice.email)


def everywhere(needle: str) -> list[str]:
    """The tables with a row that holds the text, in clear or as bytes."""
    from governance.isolation.context import Why, system_scope

    tables = connection.introspection.table_names()
    found = []
    with system_scope(Why.VERIFY), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f'SELECT EXISTS (SELECT 1 FROM "{table}" AS r WHERE position(%s IN r::text) > 0 '
                "OR position(%s IN r::text) > 0)",
                [needle, needle.encode().hex()],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found
