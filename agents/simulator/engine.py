"""From an ``Ask`` to a ``Turn``: the ``#sim`` lines first, the tour for what they leave open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agents.simulator import directives, tokens, tour
from agents.simulator.context import request_of
from agents.simulator.turns import Ask, Call, Turn

REMEMBERED_FAILURES = 10_000


class Engine:
    """Answers asks. Its only memory is which ``once`` failures have already happened."""

    def __init__(self) -> None:
        self._failed_once: dict[tuple[str, int], None] = {}

    def answer(self, ask: Ask) -> Turn:
        """The turn for an ask. Raises DirectiveError for a ``#sim`` line that is not understood."""
        request = request_of(ask.source)
        scripts = directives.parse(request)
        if not scripts:
            text, calls = tour.answer(ask, request)
            return finish(ask, text, calls)
        number, script = directives.for_step(scripts, ask.step)
        faults = script.faults
        if script.once and self._already_failed(ask.source, number):
            faults = replace(faults, status=0, late=False)
        text, calls = self._words(ask, request, script)
        return replace(finish(ask, text, calls), model=script.model or ask.model, faults=faults)

    def _words(self, ask: Ask, request: str, script: directives.Script) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
        if script.calls:
            return "", list(script.calls)
        if script.text is not None:
            return script.text, []
        return tour.answer(ask, directives.without_directives(request))

    def _already_failed(self, source: str, number: int) -> bool:
        key = (source, number)
        if key in self._failed_once:
            return True
        if len(self._failed_once) >= REMEMBERED_FAILURES:
            self._failed_once.pop(next(iter(self._failed_once)))
        self._failed_once[key] = None
        return False


def finish(ask: Ask, text: str, wanted: list[tuple[str, dict[str, Any]]]) -> Turn:
    """Apply stop sequences and the output limit: a text is cut, a call that does not fit is not made."""
    text, sequence = _until_stop(text, ask.stop_sequences)
    kept = tokens.clip(text, ask.max_output)
    shortened = len(kept) < len(text)
    spent = tokens.of_text(kept)
    calls: list[Call] = []
    for index, (name, arguments) in enumerate(wanted):
        cost = tokens.PER_CALL + tokens.of_text(name) + tokens.of_json(arguments)
        if shortened or spent + cost > ask.max_output:
            shortened = True
            break
        spent += cost
        calls.append(Call(f"{ask.fingerprint}{index:02d}", name, arguments))
    stop = "length" if shortened else "tool" if calls else "sequence" if sequence else "end"
    return Turn(
        text=kept,
        calls=tuple(calls),
        model=ask.model,
        stop=stop,
        stop_sequence=sequence if stop == "sequence" else None,
        input_tokens=ask.input_tokens,
        output_tokens=max(1, spent),
        fingerprint=ask.fingerprint,
    )


def _until_stop(text: str, sequences: tuple[str, ...]) -> tuple[str, str | None]:
    found = [(text.index(sequence), sequence) for sequence in sequences if sequence and sequence in text]
    if not found:
        return text, None
    at, sequence = min(found)
    return text[:at], sequence
