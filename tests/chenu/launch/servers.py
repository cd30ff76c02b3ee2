"""Programs that start a database server, and asking one."""

from __future__ import annotations

import os
import subprocess

import psycopg
import pytest

from chenu.launch.postgres import EmbeddedPostgres
from tests.chenu.launch.processes import read_until

OWNER = """
import sys, time
from pathlib import Path
from chenu.launch.postgres import EmbeddedPostgres, LaunchError
database = EmbeddedPostgres(Path(sys.argv[1]))
try:
    database.start()
except LaunchError as error:
    sys.exit(f"LaunchError: {error}")
print("server", database.process.pid)
time.sleep(300)
"""
ONE_START = """
import sys
from pathlib import Path
from chenu.launch.postgres import EmbeddedPostgres, LaunchError
database = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
try:
    database.start()
    print("running as", database.data.stat().st_uid, database.running())
    database.stop()
except LaunchError as error:
    print("LaunchError:", error)
"""
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may do this")


def ask(database: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.dsn("chenu", "postgres"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def server_of(owner: subprocess.Popen[bytes]) -> int:
    return int(read_until(owner, "server ")[-1].split()[1])
