"""What the preparing program hands to the watching one over `exec`: a small, plain record."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Self

VARIABLE = "CHENU_LAUNCH_PLAN"


@dataclass(frozen=True)
class Plan:
    """Everything `python -m chenu.launch` needs.

    `commands` are the services in their order, `listener` is the open socket shared with the service
    `web`, `database` is `EmbeddedPostgres.handover()`, `terminal_group` comes from `take_foreground()`,
    `probe` and its headers ask for readiness, `notes` are lines shown below the address.
    """

    commands: dict[str, list[str]]
    directory: str
    log: str
    listener: int
    probe: str
    probe_headers: dict[str, str]
    address: str
    notes: list[str]
    database: dict[str, Any] | None
    terminal_group: int | None

    def follow(self) -> NoReturn:
        """Replaces this program by the supervisor: Django, needed to prepare, does not stay in memory.

        The process remains, and so do its children; signals wait until the supervisor listens.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        os.set_inheritable(self.listener, True)
        sys.stdout.flush()
        sys.stderr.flush()
        os.chdir(self.directory)
        environment = {**os.environ, VARIABLE: json.dumps(asdict(self))}
        os.execve(sys.executable, [sys.executable, "-m", "chenu.launch"], environment)

    @classmethod
    def received(cls) -> Self | None:
        """The plan of the program before, None without one; its variable is removed so that no child sees it."""
        text = os.environ.pop(VARIABLE, "")
        if not text:
            return None
        plan = cls(**json.loads(text))
        os.set_inheritable(plan.listener, False)
        return plan
