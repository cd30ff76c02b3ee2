"""The ground of the suite (design 8.3): a real PostgreSQL, used as `chenu_app`; tests commit.

One server per run, one database per worker. No roll-back wrapper and no flush: each test
makes its own people and identities, and isolation is what keeps tests apart.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.ground import copy_of_template, database_name

# How long examples take says how busy the machine is, and nothing of what is tested.
settings.register_profile("chenu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chenu")

# A file is run by one worker: what takes longest comes first, so that nobody waits for it in the end.
LONGEST = (
    "test_benchmarks.py",
    "test_matrix.py",
    "test_signin.py",
    "test_up.py",
    "test_journeys.py",
    "test_accessibility.py",
    "test_redis.py",
    "test_worker_dies.py",
    "test_supervisor.py",
    "test_live_js.py",
    "test_counts.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: many tests wait for a process, a socket or a clock."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def static_files_looked_up_once() -> Iterator[None]:
    """Every test client loads the middleware, which looks through all static files: a fifth of the suite's time."""
    from whitenoise.base import WhiteNoise

    found: dict[tuple[str, str], dict[str, object]] = {}
    look = WhiteNoise.update_files_dictionary

    def once(self: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in found:
            others, self.files = self.files, {}
            look(self, root, prefix)
            found[root, prefix], self.files = self.files, others
        self.files.update(found[root, prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", once)
        yield


@pytest.fixture(autouse=True)
def language_of_the_installation() -> None:
    """A request turns its thread to its reader's language; the next test does not inherit it."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(scope="session")
def database(django_db_blocker: object) -> Iterator[str]:
    """This worker's migrated database; returns its name."""
    from django.conf import settings
    from django.db import connection

    settings.PASSWORD_HASHERS = ["tests.cast.QuickArgon2"]
    settings.EMAIL_BACKEND = "governance.outbox.backend.FileBackend"  # the test runner put its own in
    name = database_name(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    # One log has one key and one outside record: workers share the data folder, not the database.
    settings.AUDIT_KEY_FILE = settings.DATA_DIR / f"audit-{name}" / "audit_key"
    settings.AUDIT_HEADS_FILE = settings.DATA_DIR / f"audit-{name}" / "heads.jsonl"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        copy_of_template(name)
        connection.settings_dict["NAME"] = name
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
