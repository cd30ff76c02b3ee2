"""Calls reach the provider's own host, or what the operator names, and nothing else of the network."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from agents.llm.catalogue import model_facts, provider_facts, shipped
from agents.llm.errors import CallFailed
from agents.llm.exchange import Endpoint, ModelRequest, Patience, Stop
from agents.llm.network import calling, guarded_client
from agents.llm.wires import send
from governance.webhooks.addresses import UnsafeAddress
from tests.agents.llm.listener import WHOLE, Listener, listening

pytestmark = pytest.mark.security
ROWS = {row["id"]: row for row in shipped()[0]["providers"]}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def endpoint(address: str, *, provider: str = "openai", named: bool = False, key: str = "secret") -> Endpoint:
    return Endpoint(provider_facts(ROWS[provider]), address, key, named=named)


def call(asked: Endpoint) -> Any:
    row = ROWS[asked.provider.id]
    model = next(model_facts(row, each, "v") for each in row["models"] if each["id"] == row["default_model"])
    request = ModelRequest(model, "", [{"role": "user", "content": "hello"}], [], 100)
    return send(asked, request, lambda _: None, Stop(), Patience(connect=2, read=2, total=5))


def refusal(asked: Endpoint) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        call(asked)
    return failed.value


def lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """What every name means now, as the machine's own look-up tells it."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize(
    "address",
    [
        "https://api.openai.com.example.org/v1",
        "https://example.org/v1",
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://user@api.openai.com/v1",
        "https://127.0.0.1/v1",
        "https://[::1]/v1",
        "ftp://api.openai.com/v1",
        "https:///v1",
        "",
    ],
)
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_host_that_is_not_the_provider_s_is_never_called(
    monkeypatch: pytest.MonkeyPatch, address: str, provider: str
) -> None:
    looked_up: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **_: looked_up.append(asked) or [])
    failed = refusal(endpoint(address, provider=provider))
    assert (failed.code, failed.retryable, failed.input_tokens) == ("refused_address", False, 0)
    assert looked_up == []  # its name is not even asked for


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.1.2.3"], ["192.168.0.7"], ["169.254.169.254"], ["100.64.0.1"], ["::1"], ["fd00::1"],
        ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["8.8.8.8", "10.0.0.1"], [],
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_never_followed(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    lead_to(monkeypatch, *addresses)
    failed = refusal(endpoint("https://api.openai.com/v1"))
    assert (failed.code, failed.input_tokens) == ("refused_address", 0)


def test_the_connection_is_made_to_the_address_that_was_judged(listener: Listener) -> None:
    """What the name means a moment later does not matter: it is not looked up again."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    address = listener.url.replace("127.0.0.1", "models.invalid")
    with guarded_client(address, (), named=True, keyed=True, resolve=resolve) as way, calling(2, 10_000):
        assert way.get(f"{address}/v1/models").status_code == 200
    assert asked == ["models.invalid"]
    assert listener.heard[0]["host"] == address.removeprefix("http://")


def test_a_client_of_one_host_reaches_no_other(listener: Listener) -> None:
    with guarded_client(listener.url, (), named=True, keyed=True) as way:
        with calling(2, 10_000):
            assert way.get(f"{listener.url}/v1/models").status_code == 200
            with pytest.raises(UnsafeAddress):
                way.get("http://127.0.0.1:1/")
            with pytest.raises(UnsafeAddress):
                way.get(listener.url.replace("127.0.0.1", "localhost"))


def test_nothing_goes_out_but_in_a_call_with_an_end(listener: Listener) -> None:
    with guarded_client(listener.url, (), named=True, keyed=True) as way, pytest.raises(LookupError):
        way.get(listener.url)
    assert listener.heard == []


def test_what_the_operator_names_may_be_this_machine(listener: Listener) -> None:
    assert call(endpoint(f"{listener.url}/v1", named=True)).text == "hello"
    assert refusal(endpoint(f"{listener.url}/v1")).code == "refused_address"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_wherever_it_leads(listener: Listener, status: int) -> None:
    inside = Listener()  # it listens: whoever came would be in its queue
    inside.socket.settimeout(0.05)
    listener.status, listener.headers, listener.body = status, {"Location": f"{inside.url}/latest/meta-data"}, b""
    failed = refusal(endpoint(f"{listener.url}/v1", named=True))
    assert (failed.code, failed.status, failed.input_tokens) == ("refused", status, 0)
    with pytest.raises(TimeoutError):
        inside.socket.accept()
    inside.server_close()
    assert len(listener.heard) == 1


def test_no_proxy_and_no_account_of_the_environment_is_used(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-someone")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-someone")
    monkeypatch.setenv("OPENAI_API_KEY", "another-key")
    call(endpoint(f"{listener.url}/v1", named=True, key="of-this-endpoint"))
    [heard] = listener.heard
    assert heard["authorization"] == "Bearer of-this-endpoint"
    assert set(heard) <= {
        "host", "authorization", "content-type", "content-length", "user-agent", "accept", "accept-encoding",
    }  # fmt: skip
    assert "someone" not in json.dumps(heard)


def test_without_a_key_none_is_sent(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-somebody-else")
    call(endpoint(f"{listener.url}/v1", named=True, key=""))
    assert "authorization" not in listener.heard[0]


def test_an_answer_that_would_unpack_is_not_read(listener: Listener) -> None:
    listener.headers["Content-Encoding"] = "gzip"
    listener.body = gzip.compress(json.dumps(WHOLE).encode() + b" " * 10_000_000)
    failed = refusal(endpoint(f"{listener.url}/v1", named=True))
    assert failed.code == "malformed"
    assert listener.heard[0]["accept-encoding"] == "identity"


def test_bytes_are_counted_whatever_they_are(listener: Listener) -> None:
    listener.body = b'{"a": "' + b"x" * 3_000_000 + b'"}'
    assert refusal(endpoint(f"{listener.url}/v1", named=True)).code == "too_much"


def test_the_body_of_a_refusal_is_bounded_too(listener: Listener) -> None:
    listener.status, listener.body = 400, b"x" * 3_000_000
    assert refusal(endpoint(f"{listener.url}/v1", named=True)).code == "too_much"


def test_nobody_there_costs_nothing() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        failed = refusal(endpoint(f"http://127.0.0.1:{holder.getsockname()[1]}/v1", named=True))
    assert (failed.code, failed.retryable, failed.input_tokens) == ("unreachable", True, 0)


def test_the_key_is_in_no_word_of_an_endpoint_or_a_failure(listener: Listener) -> None:
    listener.status = 401
    asked = endpoint(f"{listener.url}/v1", named=True, key="sk-very-secret")
    assert "sk-very-secret" not in repr(asked) + repr(replace(asked, key="sk-very-secret"))
    assert "sk-very-secret" not in repr(refusal(asked))


def test_the_library_that_is_guarded_is_the_one_that_both_clients_use() -> None:
    import anthropic
    import openai

    with guarded_client("https://api.openai.com", ("api.openai.com",), named=False, keyed=True) as way:
        assert isinstance(way, httpx2.Client)
        assert anthropic.Anthropic(api_key="x", http_client=way)._client is way
        assert openai.OpenAI(api_key="x", http_client=way)._client is way
