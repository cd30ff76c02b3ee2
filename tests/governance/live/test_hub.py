"""What waits for one socket, whatever the others do."""

from __future__ import annotations

from uuid import UUID

import pytest

from governance.isolation.context import Channel, IdentityContext
from governance.live.door import Close, Pass
from governance.live.frames import RESET, News
from governance.live.hub import MOST_UNSENT, Hub, Socket

pytestmark = pytest.mark.unit


@pytest.fixture
def socket():
    context = IdentityContext(UUID(int=1), UUID(int=2), "owner", Channel.PAGE, UUID(int=3))
    socket = Socket(Pass(context, "key", "hash", by_token=False))
    socket.seen = 0
    return socket


def news(first, last):
    return News(last, [(seq, str(seq)) for seq in range(first, last + 1)])


def waiting(socket):
    return [socket.queue.get_nowait() for _ in range(socket.queue.qsize())]


def test_a_frame_is_offered_once(socket):
    socket.offer(news(1, 3))
    socket.offer(news(2, 4))
    socket.offer(news(1, 4))
    assert waiting(socket) == ["1", "2", "3", "4"]


def test_before_it_has_caught_up_a_socket_gets_no_news(socket):
    socket.seen = None
    socket.offer(news(1, 3))
    assert waiting(socket) == []


def test_a_socket_that_does_not_take_its_frames_gets_one_reset_instead(socket):
    socket.offer(news(1, MOST_UNSENT))
    assert socket.queue.qsize() == MOST_UNSENT
    socket.offer(news(MOST_UNSENT + 1, MOST_UNSENT + 1))
    assert waiting(socket) == [RESET]
    socket.offer(news(MOST_UNSENT + 2, MOST_UNSENT + 2))
    assert waiting(socket) == [str(MOST_UNSENT + 2)]


def test_who_is_too_far_behind_starts_anew(socket):
    socket.offer(News(5000, None))
    assert waiting(socket) == [RESET]
    assert socket.seen == 5000


def test_a_close_comes_before_everything_else_and_stays(socket):
    socket.offer(news(1, 3))
    socket.close(Close.STALE)
    socket.offer(News(5000, None))
    assert waiting(socket) == [Close.STALE]


@pytest.mark.parametrize("payload", ["", "nonsense", "check", "check me", f"{UUID(int=2)} soon", f"{UUID(int=2)}"])
def test_a_hint_that_makes_no_sense_is_no_reason_to_stop_listening(socket, payload):
    hub = Hub.__new__(Hub)  # without its threads
    hub.sockets = {UUID(int=2): {socket}}
    assert hub._hear(payload) is None


class Loop:
    """Calls at once what it is given."""

    def call_soon_threadsafe(self, call, *arguments):
        call(*arguments)


def test_what_concerns_everybody_reaches_every_socket_that_has_begun(socket):
    hub = Hub.__new__(Hub)
    late = Socket(socket.admitted)
    hub.loop, hub.sockets = Loop(), {UUID(int=2): {socket}, UUID(int=4): {late}}
    hub._hear('all {"kind":"provider.health.changed"}')
    assert (waiting(socket), waiting(late)) == (['{"kind":"provider.health.changed"}'], [])
    hub._hear("all")
    assert waiting(socket) == []
