"""The process that stays: watches database, web and worker, and says when CHE·NU is ready."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from chenu.launch.errors import LaunchError
from chenu.launch.logbook import LogBook
from chenu.launch.plan import Plan
from chenu.launch.postgres import EmbeddedPostgres
from chenu.launch.supervisor import Service, Supervisor, command_service
from chenu.launch.terminal import give_back_foreground

READY_WITHIN = 120
BOLD, PLAIN = "\033[1m", "\033[0m"


class Readiness:
    """Asks `url` until it answers 200; `event` is set then."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.url = url
        self.headers = headers
        self.event = threading.Event()
        self.last_answer = "no answer"
        self.since = time.monotonic()
        threading.Thread(target=self._ask, name="readiness", daemon=True).start()

    def _ask(self) -> None:
        # The socket is ours and only our web process accepts on it: nobody else can answer.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        question = urllib.request.Request(self.url, headers=self.headers)
        while not self.event.is_set():
            try:
                with direct.open(question, timeout=5) as answer:
                    if answer.status == 200:
                        return self.event.set()
            except urllib.error.HTTPError as error:
                self.last_answer = f"{error.code} {error.read(300).decode(errors='replace').strip()}"
            except OSError as error:
                self.last_answer = str(error)
            time.sleep(0.05)

    def check(self) -> None:
        """Raises LaunchError when it takes too long."""
        if not self.event.is_set() and time.monotonic() - self.since > READY_WITHIN:
            raise LaunchError(f"CHE·NU is not ready after {READY_WITHIN} s, {self.url} says: {self.last_answer}")


def main() -> int:
    """Follows the plan until somebody stops it; the exit status for the shell."""
    plan = Plan.received()
    if plan is None:
        sys.stderr.write("CHE·NU cannot start: start it with `make run` or `manage.py up`\n")
        return 2
    log = LogBook(Path(plan.log))
    database = EmbeddedPostgres.adopt(plan.database) if plan.database else None
    readiness = Readiness(plan.probe, plan.probe_headers)
    announced = False

    def tell_when_ready() -> None:
        nonlocal announced
        readiness.check()
        if readiness.event.is_set() and not announced:
            announced = True
            _announce(plan, log)

    try:
        supervisor = Supervisor(_services(plan, log, database), log, ready=readiness.event)
        supervisor.run(tell_when_ready)
    except LaunchError as error:
        sys.stderr.write(f"CHE·NU stopped: {error}\n")
        return 1
    finally:
        if database:
            database.stop()
        give_back_foreground(plan.terminal_group)
    log.write("chenu", "stopped")
    return 0


def _services(plan: Plan, log: LogBook, database: EmbeddedPostgres | None) -> list[Service]:
    services = []
    if database:
        watched = Service("database", database.launch, True, signal.SIGINT, signal.SIGQUIT, database.process)
        watched.started_at = time.monotonic()
        services.append(watched)
    for name, command in plan.commands.items():
        share = [plan.listener] if name == "web" else []
        services.append(command_service(name, command, log, directory=plan.directory, share=share))
    return services


def _announce(plan: Plan, log: LogBook) -> None:
    ready = f"CHE·NU is ready: {plan.address}"
    shown = f"{BOLD}{ready}{PLAIN}" if os.isatty(1) and not os.environ.get("NO_COLOR") else ready
    log.announce(ready, "\n".join(["", f"{shown}  (Ctrl-C stops everything)", *plan.notes, ""]))


if __name__ == "__main__":
    sys.exit(main())
