"""Vectors and transcriptions at every provider that has them; a refusal, before anything leaves, at all others."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from typing import Any

import pytest

from agents.llm.errors import CallFailed
from agents.llm.exchange import Patience
from agents.llm.facts import TRANSCRIPTION, ModelFacts, Rates
from agents.llm.media import Sound, embed, transcribe
from tests.agents.llm.conformance.provider import PROVIDERS, ROWS, Provider, facts_of

WITH_VECTORS = [name for name in PROVIDERS if ROWS[name]["default_embedding_model"]]
LISTENING = [name for name in PROVIDERS if ROWS[name]["supports"]["transcription"]]
QUICK = Patience(connect=2, read=2, total=5)


def embedder(name: str) -> ModelFacts:
    return facts_of(name, ROWS[name]["default_embedding_model"])


def listener(name: str, **more: Any) -> ModelFacts:
    """A model that listens: none ships with a price yet, so an operator adds it."""
    row = {"kind": TRANSCRIPTION, "supports": {"transcription": True}, "per_minute": 6_000_000_001, **more}
    return ModelFacts(name, "whisper-1", Rates(0, 0), "test", 0, 0, **row)


def recording(seconds: int = 2) -> Sound:
    raw = io.BytesIO()
    with wave.open(raw, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000 * seconds)
    return Sound("réunion.wav", raw.getvalue(), seconds=60)


def vectors_fail(provider: Provider, texts: list[str], patience: Patience = QUICK, **more: Any) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        embed(provider.endpoint, more.get("model") or embedder(provider.id), texts, provider.stop, patience)
    return failed.value


def words_fail(provider: Provider, hint: str = "", **more: Any) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        sound = replace(recording(), hint=hint)
        transcribe(provider.endpoint, more.get("model") or listener(provider.id), sound, provider.stop, QUICK)
    return failed.value


@pytest.mark.parametrize("name", WITH_VECTORS)
def test_every_text_has_its_vector(simulator_url: str, name: str) -> None:
    provider, model = Provider(name, simulator_url), embedder(name)
    texts = [f"été {number}" for number in range(23)]  # more than the smallest batch
    found = embed(provider.endpoint, model, texts)
    assert {len(vector) for vector in found.vectors} == {model.dimensions}
    assert len({tuple(vector) for vector in found.vectors}) == 23
    assert found.vectors[7] == embed(provider.endpoint, model, [texts[7]]).vectors[0]
    assert (found.input_tokens, found.usage_estimated) == (10 * 2 + 13 * 2, False)
    assert model.cost(found.input_tokens, 0) >= 0


@pytest.mark.parametrize("name", WITH_VECTORS)
@pytest.mark.parametrize(
    ("order", "code", "paid"),
    [
        ("error 401", "refused", False),
        ("error 429", "rate_limited", False),
        ("error 500", "provider_error", False),
        ("malformed", "malformed", True),
        ("cut", "cut", True),
        ("html", "malformed", True),
        ("redirect http://127.0.0.1:1/", "refused", False),
    ],
)
def test_vectors_that_do_not_come(simulator_url: str, name: str, order: str, code: str, paid: bool) -> None:
    failed = vectors_fail(Provider(name, simulator_url), [f"#sim {order}"])
    assert (failed.code, bool(failed.input_tokens)) == (code, paid)


@pytest.mark.parametrize("name", WITH_VECTORS)
def test_vectors_that_hang(simulator_url: str, name: str) -> None:
    failed = vectors_fail(Provider(name, simulator_url), ["#sim hang"], Patience(read=0.1, total=5))
    assert failed.code == "timeout"
    assert failed.input_tokens


def test_vectors_of_another_size_are_none(simulator_url: str) -> None:
    provider = Provider("openai", simulator_url)
    failed = vectors_fail(provider, ["a"], model=replace(embedder("openai"), dimensions=7))
    assert failed.code == "malformed"


def test_the_smallest_batch_is_the_provider_s(simulator_url: str) -> None:
    provider, model = Provider("qwen", simulator_url), embedder("qwen")
    forgotten = replace(model, quirks={**model.quirks, "batch_max": 2000})
    assert vectors_fail(provider, ["a"] * 11, model=forgotten).status == 400


def test_vectors_whose_usage_is_not_told_are_estimated(simulator_url: str) -> None:
    found = embed(Provider("openai", simulator_url).endpoint, embedder("openai"), ["#sim usage none"])
    assert (found.input_tokens, found.usage_estimated) == (4, True)


def test_who_has_no_vectors_is_not_asked(provider: Provider) -> None:
    asked = provider.seen("requests")
    chat = facts_of(provider.id)
    assert vectors_fail(provider, ["a"], model=chat).code == "refused"
    if provider.id not in WITH_VECTORS:
        pretender = replace(chat, kind="embedding", supports={"embeddings": True})
        assert vectors_fail(provider, ["a"], model=pretender).code == "refused"
    else:
        assert vectors_fail(provider, []).code == vectors_fail(provider, ["a", " "]).code == "refused"
    assert provider.seen("requests") == asked


@pytest.mark.parametrize("name", LISTENING)
def test_a_recording_becomes_words_and_is_paid_by_its_length(simulator_url: str, name: str) -> None:
    said = transcribe(Provider(name, simulator_url).endpoint, listener(name), recording())
    assert said.text == "Transcription simulée de réunion.wav (2 s)."
    assert (said.seconds, said.usage_estimated) == (2, False)
    assert said.pico_usd == 200_000_001  # two sixtieths, rounded up


def test_a_length_that_is_not_told_is_the_recording_s_own(simulator_url: str) -> None:
    sound = replace(recording(), hint="#sim usage none\n#sim text Bonjour")
    said = transcribe(Provider("openai", simulator_url).endpoint, listener("openai"), sound)
    assert (said.text, said.seconds, said.usage_estimated) == ("Bonjour", 60, True)


@pytest.mark.parametrize("name", LISTENING)
@pytest.mark.parametrize(("order", "code"), [("error 429", "rate_limited"), ("malformed", "malformed"), ("cut", "cut")])
def test_words_that_do_not_come(simulator_url: str, name: str, order: str, code: str) -> None:
    failed = words_fail(Provider(name, simulator_url), f"#sim {order}")
    assert (failed.code, failed.seconds) == (code, 0 if code == "rate_limited" else 60)


def test_who_does_not_listen_or_has_no_price_is_not_asked(provider: Provider) -> None:
    asked = provider.seen("requests")
    if provider.id not in LISTENING:
        assert words_fail(provider).code == "refused"
    assert words_fail(provider, model=listener(provider.id, per_minute=None)).code == "refused"
    assert words_fail(provider, model=listener(provider.id, supports={})).code == "refused"
    assert words_fail(provider, model=facts_of(provider.id)).code == "refused"
    assert provider.seen("requests") == asked
