#!/usr/bin/env python
"""The command line of CHE·NU: `manage.py help` lists what a person can do with it."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
    # Loading makes mostly what stays: looked through at the usual pace it takes a quarter longer.
    gc.set_threshold(100_000, 20, 20)
    from chenu.env import EnvError, EnvironmentProblem

    try:
        if sys.argv[1:] == ["up"]:  # without loading Django first: most starts have nothing to prepare
            from chenu.starting import start

            start()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except (EnvironmentProblem, EnvError) as problem:
        sys.stderr.write(f"CHE·NU cannot start: {problem}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
