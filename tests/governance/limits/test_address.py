"""Whose address a request shows (limits/address.py)."""

from __future__ import annotations

import pytest

from governance.limits.address import UNKNOWN, client_address, counted_as

pytestmark = pytest.mark.unit


def seen(peer: str, forwarded: str = "") -> str:
    return client_address({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded})


@pytest.mark.parametrize("forwarded", ["", "198.51.100.7", "198.51.100.7, 203.0.113.9"])
def test_a_stranger_may_claim_what_they_like_and_is_their_peer(settings, forwarded):
    settings.TRUSTED_PROXIES = []
    assert seen("192.0.2.1", forwarded) == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", "198.51.100.7"),  # what the caller wrote stands before what the proxy added
        ("198.51.100.7, 10.0.0.5", "198.51.100.7"),
        ("", "10.0.0.1"),
        ("nonsense", UNKNOWN),
    ],
)
def test_a_trusted_proxy_is_believed_from_the_end_of_its_list(settings, forwarded, address):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert seen("10.0.0.1", forwarded) == address


def test_one_address_has_one_spelling(settings):
    settings.TRUSTED_PROXIES = []
    assert seen("::ffff:192.0.2.1") == "192.0.2.1"
    assert seen("2001:DB8:0:0::1") == "2001:db8::1"


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("192.0.2.1", "192.0.2.1"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_neighbours_of_one_network_share_a_count(address, count):
    assert counted_as(address) == count
