"""Where a webhook may lead: every way to write an address of one's own network is refused."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from governance.errors import BadInput
from governance.webhooks import addresses
from governance.webhooks.addresses import UnsafeAddress, addresses_of, is_public, target_of

pytestmark = pytest.mark.security

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.8.8.8",
    "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
    "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
    "ff02::1", "ff0e::1", "2a00:1450::5efe:10.0.0.1", "2a00:1450::200:5efe:127.0.0.1", "5f00::1", "3fff::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::200e"]
# Forms that one program reads as a name and the next one as an address, and whatever else means more than it shows.
ODD = [
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/",
    "https://127.1/", "https://127.0.1/", "https://127.0.0.1./", "https://example.org./", "https://8.8.8.8./",
    "https://１２７.０.０.１/", "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://localhost/", "https://LOCALHOST/",
    "https://localhost./", "https://db.localhost/", "https://printer.local/", "https://metadata/",
    "https://metadata.google.internal/", "https://intranet/", "https://router.lan/", "https://nas.home.arpa/",
    "https://x.onion/", "https://[::1]/", "https://[fe80::1%25eth0]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[v1.a]/", "https://[/", "https://]/",
    "http://example.org/", "HTTP://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
    "javascript:alert(1)", "unix:/run/docker.sock", "//example.org/", "example.org/hook", "",
    "https://", "https:///x", "https://user@example.org/", "https://user:pass@example.org/", "https://@example.org/",
    "https://example.org@127.0.0.1/", "https://example.org:22/", "https://example.org:25/", "https://example.org:80/",
    "https://example.org:0/", "https://example.org:/", "https://example.org:65536/", "https://example.org:-1/",
    "https://example.org:443:443/", "https://example.org:４４３/",
    "https://example.org\\@127.0.0.1/", "https://example.org/\\..", "https://example.org/a b", "https://exa mple.org/",
    "https://example.org/\r\nX-Evil: 1", "https://example.org/\nHost: a", "https://exa\tmple.org/",
    "https://example.org/#fragment", "https://example.org/<b>", "https://example.org/\u202ex", "https://-a.org/",
    "https://a..org/", "https://.org/", f"https://{'a' * 64}.org/", f"https://{'a.' * 130}org/",
    "https://example.org/" + "a" * 500, "https://\u00ad.org/", "https://example.org/é", "https://exam\x00ple.org/",
]  # fmt: skip


def says(*found: str) -> Any:
    """A resolver for which every name means these addresses."""
    return lambda _host, _port: list(found)


@pytest.mark.parametrize("text", PRIVATE)
def test_no_address_of_ones_own_network_is_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_internet_is(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_it_is_refused_as_it_stands_and_behind_a_name(text: str) -> None:
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(UnsafeAddress):
        target_of(f"https://{host}/hooks")
    with pytest.raises(UnsafeAddress):
        addresses_of(target_of("https://example.org/"), says("8.8.8.8", text))


@pytest.mark.parametrize("url", ODD)
def test_what_means_more_than_it_shows_is_refused(url: str) -> None:
    with pytest.raises(UnsafeAddress):
        target_of(url)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://example.org", "https://example.org/"),
        (" https://EXAMPLE.org:443/a?b=c&d=%20 ", "https://example.org/a?b=c&d=%20"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("https://jardin-été.example/x", "https://xn--jardin-t-i1ac.example/x"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:0:0::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
    ],
)
def test_an_ordinary_address_is_kept_in_its_plain_form(url: str, plain: str) -> None:
    if "été" in url:
        import idna

        plain = f"https://{idna.encode('jardin-été.example').decode()}/x"
    assert target_of(url).url == plain


def test_one_private_address_among_public_ones_refuses_all() -> None:
    target = target_of("https://example.org/")
    assert addresses_of(target, says("8.8.8.8", "1.1.1.1", "8.8.8.8")) == ["8.8.8.8", "1.1.1.1"]
    with pytest.raises(UnsafeAddress):
        addresses_of(target, says("8.8.8.8", "fe80::1"))


def test_a_name_that_means_nothing_is_refused_in_the_same_words() -> None:
    """What a name means inside is not to be told from what it does not mean."""

    def nothing(_host: str, _port: int) -> list[str]:
        raise OSError("Name or service not known")

    target, told = target_of("https://example.org/"), []
    for resolve in (nothing, says(), says("10.0.0.1"), says("127.0.0.1"), says("not an address")):
        with pytest.raises(BadInput) as refused:
            addresses_of(target, resolve)
        told.append((str(refused.value.detail), refused.value.errors))
    assert all(one == told[0] for one in told)


def test_only_what_a_setting_names_to_the_letter_may_be_inside(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({("192.168.1.20", 8123), ("nas", 9000), ("::1", 9001)})
    for url in ("http://192.168.1.20:8123/", "https://192.168.1.20:8123/", "http://nas:9000/x", "http://[::1]:9001/"):
        assert target_of(url).named
        assert addresses_of(target_of(url), says("192.168.1.20")) == ["192.168.1.20"]
    for url in ("http://192.168.1.20:8124/", "http://192.168.1.20/", "http://192.168.1.21:8123/", "http://nas:9001/",
                "http://x@nas:9000/", "ftp://nas:9000/"):  # fmt: skip
        with pytest.raises(UnsafeAddress):
            target_of(url)


def test_the_setting_is_read_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    from chenu.env import EnvironmentProblem, places

    monkeypatch.setenv("HOOKS", "Nas:9000, [fd00::1]:80,127.0.0.1:81")
    assert places("HOOKS") == {("nas", 9000), ("fd00::1", 80), ("127.0.0.1", 81)}
    for wrong in ("nas", "nas:", ":80", "nas:0", "nas:99999", "fd00::1:80", "http://nas:80"):
        monkeypatch.setenv("HOOKS", wrong)
        with pytest.raises(EnvironmentProblem):
            places("HOOKS")


@pytest.mark.parametrize("guard", ["WRAPPED", "ISATAP", "INSIDE", "PORTS"])
def test_without_a_guard_something_gets_through(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: each list stands in the way of something the others let pass."""
    shown = {
        "WRAPPED": lambda: is_public(ip_address("2002:a00:1::1")),
        "ISATAP": lambda: is_public(ip_address("2a00:1450::5efe:10.0.0.1")),
        "INSIDE": lambda: bool(target_of("https://metadata.google.internal/")),
        "PORTS": lambda: bool(target_of("https://example.org:22/")),
    }
    monkeypatch.setattr(addresses, guard, {"ISATAP": -1, "PORTS": range(65536)}.get(guard, ()))
    assert shown[guard]()
