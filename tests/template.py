"""Makes what every worker of a test run copies: one migrated database, and the collected static files.

    python -m tests.template

Runs beside pytest's own start, as a process of the run's controller (tests/ground.py).
"""

from __future__ import annotations

import os
import traceback

from tests.ground import database_name, prepare, template_state


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chenu.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("collectstatic", interactive=False, verbosity=0)
    template = database_name("template")
    prepare(template)
    connection.settings_dict["NAME"] = template
    call_command("migrate", verbosity=0)
    call_command("load_reference")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


if __name__ == "__main__":
    state = template_state("failed")
    try:
        main()
        state = template_state("ready")
    finally:
        state.write_text(traceback.format_exc())
