"""What `celery -A chenu worker` finds: the application that executes claimed jobs sent over Redis."""

from __future__ import annotations

import os
import warnings

import django
from celery.platforms import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
django.setup()

from governance.jobs import executor  # noqa: E402, F401 (needs the settings; follows Celery's signals)
from governance.jobs.broker import app  # noqa: E402
from governance.jobs.registry import kinds  # noqa: E402

kinds()
# Who runs an executor is who runs CHE·NU; that it is root is no news of each start.
warnings.filterwarnings("ignore", category=SecurityWarning)

__all__ = ["app"]
