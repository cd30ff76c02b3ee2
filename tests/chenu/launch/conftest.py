"""Database servers of their own, for the tests of the launcher."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chenu.launch.postgres import EmbeddedPostgres


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("shared") / "postgres", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was stopped, to copy: making one takes longer than most tests."""
    root = tmp_path_factory.mktemp("cluster")
    with EmbeddedPostgres(root, durable=False):
        pass
    return root / "data"


@pytest.fixture
def root(tmp_path: Path, cluster: Path) -> Path:
    """A database folder of this test alone that has a cluster."""
    shutil.copytree(cluster, tmp_path / "data")
    return tmp_path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user may enter (pytest's own are closed)."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
