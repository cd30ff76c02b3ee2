"""Words as they are written, to whoever watches the run: hints, not rows (design 4.5)."""

from __future__ import annotations

import time
from types import TracebackType

from agents.pipeline.models import Run
from governance.live.notify import whisper

MOST_PER_SECOND = 20


class Speaker:
    """Gathers the text of one call and passes it on, at most twenty times a second."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._waiting, self._last = "", 0.0

    def __enter__(self) -> Speaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pass_on()

    def say(self, text: str) -> None:
        """Adds words; they leave with the next group."""
        self._waiting += text
        if time.monotonic() - self._last >= 1 / MOST_PER_SECOND:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            whisper(self.run.identity_id, self.run.pk, self._waiting)
            self._waiting, self._last = "", time.monotonic()
