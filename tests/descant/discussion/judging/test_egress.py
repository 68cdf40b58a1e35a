"""What is asked of other machines: only public addresses, only for so long, and never where a redirect would lead."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from descant.egress import Bounds, EgressFailed, EgressRefused, ask, is_public
from tests.descant.discussion.judging.outsiders import Outsider, outsider


@pytest.fixture
def out(settings: Any) -> Iterator[Outsider]:
    """A server of our own network that the operator has named."""
    with outsider() as server:
        settings.DESCANT_EGRESS_ALLOWED = [server.place]
        yield server


def test_a_named_server_is_asked_and_told_no_more_than_is_said(out: Outsider) -> None:
    out.answers["/judge"] = b"yes"
    answer = ask(out.url("/judge"), body=b"text", headers={"Authorization": "Bearer s"})
    assert (answer.status, answer.body) == (200, b"yes")
    path, headers, body = out.heard[0]
    assert (path, headers["Authorization"], headers["Host"], body) == (
        "/judge",
        "Bearer s",
        out.place,
        b"text",
    )


def test_without_being_named_our_own_network_is_never_asked(out: Outsider, settings: Any) -> None:
    settings.DESCANT_EGRESS_ALLOWED = []
    for url in (out.url("/"), "http://127.0.0.1/", "http://localhost/", "http://[::1]/"):
        with pytest.raises(EgressRefused):
            ask(url)
    assert not out.heard


def test_what_the_operator_has_named_herself_is_asked_there_and_nowhere_else(
    out: Outsider, settings: Any
) -> None:
    settings.DESCANT_EGRESS_ALLOWED = []
    assert ask(out.url("/"), bounds=Bounds(inside=True)).status == 200
    with outsider() as other, pytest.raises(EgressRefused):
        ask(out.url(f"/elsewhere?302,{other.url('/')}"), bounds=Bounds(inside=True))


PRIVATE = """
    127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 198.18.0.1
    240.0.0.1 ::1 :: fe80::1%eth0 fc00::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 2002:7f00:1:: ::127.0.0.1
    64:ff9b::7f00:1 64:ff9b::a00:1
"""
NO_ADDRESSES = [
    *"ftp://judge.example/ file:///etc/passwd //judge.example/ judge.example http:///x http://[::1".split(),
    *"http://judge.example:22/ https://judge.example:80/ http://a:b@judge.example/".split(),
    *("http://judge.example/\r\nX: y", "http://judge.example:99999/", "http://judge .example/"),
]


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_that_is_not_public_is_known_in_each_dress(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::9", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "①②⑦.0.0.1", "10.1"]
)
def test_an_address_is_judged_as_the_resolver_reads_it(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, **_options: object) -> list[Any]:
        address = socket.inet_ntoa(socket.inet_aton(host.encode("idna").decode()))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(EgressRefused, match="not on the public network"):
        ask(f"http://{host}/")


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_plain_address_is_refused_before_any_look_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    with pytest.raises(EgressRefused):
        ask(url)


def test_a_name_with_one_private_address_among_its_addresses_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_arguments: object, **_options: object) -> list[Any]:
        stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*stream, ("9.9.9.9", 80)), (*stream, ("10.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(EgressRefused, match="not on the public network"):
        ask("http://judge.example/")


def test_the_connection_goes_to_the_address_that_was_looked_at(
    out: Outsider, settings: Any, monkeypatch: Any
) -> None:
    settings.DESCANT_EGRESS_ALLOWED = [f"127.judge.example:{out.server_port}"]
    asked = []

    def resolve(host: str, port: int, **_options: object) -> list[Any]:
        asked.append(host)
        place = ("127.0.0.1", port) if len(asked) == 1 else ("127.0.0.2", 1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert ask(f"http://127.judge.example:{out.server_port}/").status == 200
    assert asked == ["127.judge.example"], "looked up once, so that no second answer can lead elsewhere"


def test_a_redirect_is_followed_and_looked_at_like_the_first(out: Outsider) -> None:
    out.answers["/there"] = b"here"
    assert ask(out.url(f"/elsewhere?302,{out.url('/there')}")).body == b"here"
    for target in (
        "http://127.1.2.3/latest",
        "http://localhost/",
        "file:///etc/passwd",
        "http://127.0.0.1:1/",
    ):
        with pytest.raises(EgressRefused):
            ask(out.url(f"/elsewhere?302,{target}"))


def test_what_is_asked_is_told_to_no_other_host(out: Outsider, settings: Any) -> None:
    with outsider() as other:
        settings.DESCANT_EGRESS_ALLOWED = [out.place, other.place]
        for status in (302, 307):
            with pytest.raises(EgressRefused, match="another host"):
                ask(
                    out.url(f"/elsewhere?{status},{other.url('/')}"),
                    body=b"secret",
                    headers={"Authorization": "s"},
                )
        assert not other.heard


def test_redirects_without_an_end_have_one(out: Outsider) -> None:
    out.answers["/"] = b""
    with pytest.raises(EgressRefused, match="without an end"):
        ask(out.url("/elsewhere?302,/elsewhere?302,/elsewhere?302,/elsewhere?302,/elsewhere?302,/x"))


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_what_hangs_or_drips_ends_in_time(out: Outsider, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(EgressFailed):
        ask(out.url(path), bounds=Bounds(seconds=0.4))
    assert time.monotonic() - began < 5


def test_a_resolver_that_hangs_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_o: time.sleep(1) or [])
    with pytest.raises(EgressFailed, match="in time"):
        ask("http://judge.example/", bounds=Bounds(seconds=0.1))
    time.sleep(1.1)


def test_too_large_an_answer_is_not_read_to_its_end(out: Outsider) -> None:
    with pytest.raises(EgressFailed, match="more than"):
        ask(out.url("/large"))
    assert Bounds().most < 2_000_000


def test_a_refused_connection_is_a_failure(out: Outsider, settings: Any) -> None:
    settings.DESCANT_EGRESS_ALLOWED = ["127.0.0.1:9"]
    with pytest.raises(EgressFailed):
        ask("http://127.0.0.1:9/", bounds=Bounds(seconds=1))
