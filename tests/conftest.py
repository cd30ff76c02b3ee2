"""The ground of the suite (design 8.3): a real PostgreSQL, used as `chenu_app`; tests commit.

One throw-away server per run, one database per worker. No roll-back wrapper and no flush: each test
makes its own people and identities, and isolation is what keeps tests apart.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.ground import admin_dsn


@pytest.fixture(scope="session")
def database(django_db_blocker: object) -> Iterator[str]:
    """This worker's migrated database; returns its name."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from governance.isolation.roles import prepare

    settings.PASSWORD_HASHERS = ["tests.cast.QuickArgon2"]
    settings.EMAIL_BACKEND = "governance.outbox.backend.FileBackend"  # the test runner put its own in
    name = f"chenu_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        prepare(admin_dsn(), name)
        connection.settings_dict["NAME"] = name
        call_command("migrate", verbosity=0)
        call_command("load_reference")
        yield name
        connection.close()
        connection.close_pool()


@pytest.fixture
def db(database: str, django_db_blocker: object) -> Iterator[None]:
    """The database, for one test: what it commits stays, so it looks at its own identities only."""
    from django.core.cache import cache
    from django.db import connection

    from governance.audit.vault import forget_keys

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        cache.clear()
        yield
        assert not connection.in_atomic_block, "a test left a transaction open"
        connection.close()
    forget_keys()


pytest_plugins = ["tests.cast", "tests.services"]
