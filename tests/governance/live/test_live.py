"""The live socket: what arrives, in which order, and what never does."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest
from uuid_utils.compat import uuid7

from governance.live import notify as hints
from governance.uow import unit_of_work
from tests.governance.live.conftest import announce, greeted, receive
from tests.governance.live.processes import environment
from tests.ground import ROOT, admin_dsn


def test_the_first_frame_says_who_one_is_and_how_far_the_sequence_has_come(live, alice):
    announce(alice)
    assert receive(live(alice)) == {"kind": "hello", "identity": str(alice.identity.pk), "seq": 1}


def test_two_sockets_see_an_event_with_its_small_fields(live, alice):
    pages = live(alice), live(alice, token=True)
    assert [greeted(page) for page in pages] == [0, 0]
    assert pages[1].subprotocol == "chenu.v1"
    run = uuid7()
    with alice.acting(), unit_of_work() as uow:
        uow.announce("lane.start", thread := uuid7(), run, lane="B", step=2)
    for page in pages:
        frame = receive(page)
        assert frame.pop("at").endswith("Z")
        assert frame == {"seq": 1, "kind": "lane.start", "id": str(thread), "run": str(run), "lane": "B", "step": 2}


def test_an_events_own_fields_cannot_pass_for_the_envelope(live, alice):
    page = live(alice)
    greeted(page)
    announce(alice, seq=99)
    assert receive(page)["seq"] == 1


def test_news_of_another_identity_never_arrives(live, alice, bob, workshop):
    page = live(alice)
    greeted(page)
    announce(bob)
    announce(alice, identity=workshop)
    mine = announce(alice)
    assert receive(page)["id"] == str(mine)


def test_a_returning_socket_gets_exactly_what_it_missed_and_then_the_news(live, alice):
    ids = [announce(alice) for _ in range(5)]
    page = live(alice, "?last_seq=2")
    assert greeted(page) == 5
    ids.append(announce(alice))
    frames = [receive(page) for _ in range(4)]
    assert [frame["seq"] for frame in frames] == [3, 4, 5, 6]
    assert [frame["id"] for frame in frames] == [str(one) for one in ids[2:]]


def test_events_committed_while_a_socket_connects_arrive_once_each(live, alice):
    for _ in range(3):
        announce(alice)
        page = live(alice, "?last_seq=0")
        announce(alice)
        end = greeted(page)
        announce(alice)
        total = end if end % 3 == 0 else end + (3 - end % 3)
        assert [receive(page)["seq"] for _ in range(total)] == list(range(1, total + 1))


def test_who_missed_more_than_a_thousand_starts_anew(live, alice):
    with alice.acting(), unit_of_work() as uow:
        for _ in range(1001):
            uow.announce("message.created")
    page = live(alice, "?last_seq=0")
    assert greeted(page) == 1001
    assert receive(page) == {"kind": "reset"}
    announce(alice)
    assert receive(page)["seq"] == 1002
    exact = live(alice, "?last_seq=2")
    greeted(exact)
    assert [receive(exact)["seq"] for _ in range(1000)] == list(range(3, 1003))


def test_a_number_beyond_the_end_starts_anew(live, alice):
    page = live(alice, "?last_seq=7")
    greeted(page)
    assert receive(page) == {"kind": "reset"}


def test_an_event_of_another_process_arrives(live, alice):
    page = live(alice)
    greeted(page)
    program = f"""
import django; django.setup()
from uuid import UUID
from governance.isolation.context import Channel, IdentityContext, bind
from governance.uow import unit_of_work
with bind(IdentityContext(UUID("{alice.user.pk}"), UUID("{alice.identity.pk}"), "owner", Channel.TASK, UUID(int=1))):
    with unit_of_work() as uow:
        uow.announce("alert.raised")
"""
    variables = environment(DJANGO_SETTINGS_MODULE="chenu.settings")
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=variables, check=True)
    assert receive(page)["kind"] == "alert.raised"


def announce_and_fail():
    with unit_of_work() as uow:
        uow.announce("message.created")
        raise ZeroDivisionError


def test_what_was_rolled_back_never_arrives(live, alice):
    page = live(alice)
    greeted(page)
    with alice.acting(), pytest.raises(ZeroDivisionError):
        announce_and_fail()
    committed = announce(alice)
    frame = receive(page)
    assert (frame["seq"], frame["id"]) == (1, str(committed))


def test_a_lost_hint_is_made_up_for_by_the_sweep(live, alice, monkeypatch):
    page = live(alice)
    greeted(page)
    monkeypatch.setattr("governance.uow.notify", lambda *_: None)
    announce(alice)
    assert receive(page)["seq"] == 1


def test_a_broken_listening_connection_comes_back(live, alice, database):
    page = live(alice)
    greeted(page)
    with psycopg.connect(admin_dsn(), autocommit=True) as admin:
        ended = admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'",
            [database],
        ).fetchall()
    assert len(ended) >= 1
    announce(alice)
    assert receive(page)["seq"] == 1
    announce(alice)
    assert receive(page)["seq"] == 2


def test_a_restarted_database_costs_no_news(live, alice, database):
    from django.db import connection

    page = live(alice)
    greeted(page)
    connection.close()
    connection.close_pool()
    with psycopg.connect(admin_dsn(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
    announce(alice)
    assert receive(page)["seq"] == 1
    later = live(alice, "?last_seq=0")
    assert (greeted(later), receive(later)["seq"]) == (1, 1)


def test_a_hint_is_the_identity_and_its_sequence_number(alice):
    from django.db import connection

    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as own:
        own.execute("LISTEN chenu")
        hints.notify(alice.identity.pk, 41)
        hints.recheck(alice.user.pk)
        heard = [notice.payload for notice in own.notifies(timeout=10, stop_after=2)]
    assert heard == [f"{alice.identity.pk} 41", f"check {alice.user.pk}"]
