"""`manage.py worker`: does the jobs, until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from importlib import import_module
from queue import SimpleQueue
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from governance.jobs.broker import THREADS
from governance.jobs.worker import Worker


class Command(BaseCommand):
    help = "Does the jobs and keeps the schedule. SIGTERM finishes or gives back what is running."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=THREADS, help="jobs at once (default: %(default)s)")
        # Further modules that declare kinds of jobs, beside the apps' own.
        parser.add_argument("--import", dest="modules", action="append", default=[], help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        for module in options["modules"]:
            import_module(module)
        # A SimpleQueue may be filled from a signal handler; an Event could wait for itself.
        requests: SimpleQueue[int] = SimpleQueue()
        for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wanted, lambda number, frame: requests.put(number))
        worker = Worker(options["threads"])
        worker.start()
        requests.get()
        worker.leave()
        sys.stdout.flush()
        sys.stderr.flush()
        # Handlers that did not end in time were given back; waiting for their threads would be in vain.
        os._exit(0)
