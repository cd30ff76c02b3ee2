"""What `celery -A chenu worker` finds: the application that executes claimed jobs sent over Redis."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
django.setup()

from governance.jobs.broker import app  # noqa: E402 (needs the settings)
from governance.jobs.registry import kinds  # noqa: E402

kinds()

__all__ = ["app"]
