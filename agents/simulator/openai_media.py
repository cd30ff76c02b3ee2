"""Embeddings and transcriptions on the OpenAI wire: equal input, equal answer."""

from __future__ import annotations

import email
import email.policy
import io
import wave
from collections.abc import Callable
from hashlib import shake_128
from typing import Any

import orjson

from agents.simulator import directives, tokens
from agents.simulator.exchange import Headers, HttpReply, HttpRequest, misbehaviour
from agents.simulator.faces import Face, Refused
from agents.simulator.turns import Faults

Error = Callable[[str, int, str], HttpReply]
DIMENSIONS, MOST_INPUTS = 16, 2048
BYTES_PER_SECOND = 16_000  # of what is no WAV file
_JSON = (b"content-type", b"application/json")


def embeddings(http: HttpRequest, face: Face | None, own: Headers, error: Error) -> HttpReply:
    """A vector for each text. Raises Refused."""
    body = orjson.loads(http.body)
    model, texts = body.get("model"), body.get("input")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(model, str) or not isinstance(texts, list) or not texts:
        raise Refused("model and input are needed")
    if not all(isinstance(text, str) and text for text in texts):
        raise Refused("input must hold strings that are not empty")
    if body.get("encoding_format", "float") != "float":
        raise Refused("encoding_format: only float is known here")
    most, size = MOST_INPUTS, DIMENSIONS
    if face is not None:
        face.judge_model(model)
        row = face.models.get(model, {})
        if row.get("kind") != "embedding":
            raise Refused(f"{model} does not embed", 404, "model_not_found")
        quirks = face.quirks(model)
        size, most = row["embedding_dimensions"] or DIMENSIONS, quirks.get("batch_max", MOST_INPUTS)
    if len(texts) > most:
        raise Refused(f"batch size is invalid, it should not be larger than {most}")
    faults = _faults(texts[0])
    if wrong := _goes_wrong(http, faults, own, error):
        return wrong
    vectors = [_vector(text, size) for text in texts]
    rows = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    used = sum(map(tokens.of_text, texts))
    answer: dict[str, Any] = {"object": "list", "data": rows, "model": _model(texts[0], model)}
    if not faults.no_usage:
        answer["usage"] = {"prompt_tokens": used, "total_tokens": used}
    return _reply(answer, faults, own)


def transcription(http: HttpRequest, face: Face | None, own: Headers, error: Error) -> HttpReply:
    """What was said, as far as a simulator can hear: the name and the length. Orders come in ``prompt``."""
    fields, name, sound = _form(http)
    if not fields.get("model") or not sound:
        raise Refused("model and file are needed")
    if face is not None:
        face.judge_model(fields["model"])
    order = fields.get("prompt", "")
    faults = _faults(order)
    if wrong := _goes_wrong(http, faults, own, error):
        return wrong
    scripts = directives.parse(order)
    text = scripts[0].text if scripts else None
    seconds = _seconds(sound)
    answer: dict[str, Any] = {"text": text or f"Transcription simulée de {name} ({seconds} s)."}
    if not faults.no_usage:
        answer["usage"] = {"type": "duration", "seconds": seconds}
    return _reply(answer, faults, own)


def _faults(text: str) -> Faults:
    scripts = directives.parse(text)
    return scripts[0].faults if scripts else Faults()


def _model(text: str, model: str) -> str:
    scripts = directives.parse(text)
    return (scripts[0].model if scripts else None) or model


def _goes_wrong(http: HttpRequest, faults: Faults, own: Headers, error: Error) -> HttpReply | None:
    if faults.status:
        return error(http.id, faults.status, f"Simulated error {faults.status}")
    return misbehaviour(faults, own)


def _reply(answer: dict[str, Any], faults: Faults, own: Headers) -> HttpReply:
    raw = orjson.dumps(answer)
    headers: Headers = (_JSON, *own)
    if faults.cut:
        return HttpReply(200, (*headers, (b"content-length", b"%d" % len(raw))), (b"",), complete=False)
    return HttpReply(200, headers, (raw[: len(raw) // 2] if faults.malformed else raw,))


def _vector(text: str, size: int) -> list[float]:
    return [(byte - 127.5) / 128 for byte in shake_128(text.encode("utf-8", "surrogatepass")).digest(size)]


def _form(http: HttpRequest) -> tuple[dict[str, str], str, bytes]:
    """The fields of a form, and its file."""
    kind = http.headers.get(b"content-type", b"")
    if not kind.startswith(b"multipart/form-data"):
        raise Refused("a multipart form is needed")
    whole = email.message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + http.body, policy=email.policy.HTTP)
    fields: dict[str, str] = {}
    name, sound = "", b""
    for part in whole.iter_parts():
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        field = part.get_param("name", header="content-disposition")
        if field == "file":
            name, sound = part.get_filename() or "", content
        else:
            fields[str(field)] = content.decode(errors="replace")
    return fields, name, sound


def _seconds(sound: bytes) -> int:
    try:
        with wave.open(io.BytesIO(sound)) as opened:
            return -(-opened.getnframes() // opened.getframerate())
    except (wave.Error, EOFError):
        return -(-len(sound) // BYTES_PER_SECOND)
