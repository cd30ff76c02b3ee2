"""A lost database, told once."""

from __future__ import annotations

import logging

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection

from governance.live import outage as module
from governance.live.outage import Outage, is_lost


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.INFO, "chenu.database")
    return lambda: [record.levelname for record in caplog.records]


def test_ten_threads_that_meet_it_tell_it_once_and_its_end_once(db, told, monkeypatch):
    outage = Outage()
    for _ in range(10):
        outage.began(OperationalError("server closed the connection\nmore"))
    assert told() == ["WARNING"]
    outage.ended()
    outage.began(OperationalError("a thread that meets its dead connection late"))
    outage.ended()
    assert told() == ["WARNING", "INFO"]
    monkeypatch.setattr(module, "ECHO", -1.0)
    outage.began(OperationalError("the next one"))
    assert told() == ["WARNING", "INFO", "WARNING"]


def test_connections_are_fresh_after_an_outage_and_kept_without_one(db):
    before, outage = connection.pool, Outage()
    outage.ended()
    assert connection.pool is before
    connection.close()
    outage.began(OperationalError())
    assert not outage.is_over_for(0)
    outage.ended()
    assert connection.pool is not before
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert outage.is_over_for(0)
    assert not outage.is_over_for(60)


def test_a_deadlock_is_no_lost_database():
    def wrapped(cause):
        error = OperationalError()
        error.__cause__ = cause
        return error

    assert is_lost(wrapped(psycopg.OperationalError("connection is bad")))
    assert is_lost(wrapped(psycopg.errors.AdminShutdown()))
    assert not is_lost(wrapped(psycopg.errors.DeadlockDetected()))
    assert not is_lost(wrapped(psycopg.errors.DiskFull()))
    assert not is_lost(IntegrityError())
