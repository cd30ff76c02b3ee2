"""What only a broken wire can show: a second wire's routes, and a defect that looks like a provider's 500."""

from __future__ import annotations

import asyncio

import pytest

from agents.simulator.anthropic_wire import AnthropicWire
from agents.simulator.app import Simulator
from agents.simulator.engine import REMEMBERED_FAILURES, Engine
from agents.simulator.exchange import HttpReply
from agents.simulator.turns import Ask


class OtherWire:
    def routes(self):
        def broken(http):
            raise ZeroDivisionError(http.path)

        return {
            "/other": {"GET": lambda http: HttpReply(200, (), (b"other",))},
            "/broken": {"GET": broken},
        }

    def error(self, request_id, status, message):
        return HttpReply(status, (), (message.encode(),))


def get(app, path):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": "http", "method": "GET", "path": path, "headers": []}, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_a_second_wire_answers_on_its_own_paths_and_in_its_own_shape(caplog):
    app = Simulator([AnthropicWire(Engine()), OtherWire()])
    assert get(app, "/other") == (200, b"other")
    assert get(app, "/nowhere")[1].startswith(b'{"type":"error"')
    assert get(app, "/broken") == (500, b"Internal server error")
    assert "ZeroDivisionError: /broken" in caplog.text


def test_it_speaks_nothing_but_http():
    with pytest.raises(RuntimeError, match="HTTP only, not websocket"):
        asyncio.run(Simulator()({"type": "websocket"}, None, None))


def test_the_memory_of_failures_is_bounded():
    engine = Engine()
    for number in range(REMEMBERED_FAILURES + 1):
        assert engine.answer(Ask("m", f"#sim error 429 once\n{number}")).faults.status == 429
    assert engine.answer(Ask("m", f"#sim error 429 once\n{REMEMBERED_FAILURES}")).faults.status == 0
    assert engine.answer(Ask("m", "#sim error 429 once\n0")).faults.status == 429
