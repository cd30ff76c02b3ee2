#!/usr/bin/env python
"""The command line of CHE·NU: `manage.py help` lists what a person can do with it."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
    from django.core.management import execute_from_command_line

    from chenu.env import EnvError, EnvironmentProblem

    try:
        execute_from_command_line(sys.argv)
    except (EnvironmentProblem, EnvError) as problem:
        sys.stderr.write(f"CHE·NU cannot start: {problem}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
