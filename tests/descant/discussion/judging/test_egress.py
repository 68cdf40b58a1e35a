"""What is asked of other machines: only public addresses, only for so long, and never where a redirect would lead."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from descant import egress
from descant.egress import Bounds, EgressFailed, EgressRefused, ask, is_public
from django_headroom.testing import calls
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


def test_what_the_operator_has_named_herself_is_asked(out: Outsider, settings: Any) -> None:
    settings.DESCANT_EGRESS_ALLOWED = []
    assert ask(out.url("/"), bounds=Bounds(inside=True)).status == 200


PRIVATE = """
    127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 198.18.0.1
    240.0.0.1 192.0.0.8 192.88.99.1 168.63.129.16 100.100.100.200 169.254.170.2
    ::1 :: fe80::1%eth0 fc00::1 fec0::1 ff02::1 2001:db8::1 3fff::1 5f00::1 100::1 fd00:ec2::254 ::127.0.0.1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe
    64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe::1 2002:909:909::1 2001:0:7f00:1::1
"""
NO_ADDRESSES = [
    *"ftp://judge.example/ file:///etc/passwd //judge.example/ judge.example http:///x http://[::1".split(),
    *"http://judge.example:22/ https://judge.example:80/ http://a:b@judge.example/".split(),
    *("http://judge.example/\r\nX: y", "http://judge.example:99999/", "http://judge .example/"),
    *"http+unix://%2Frun%2Fdocker.sock/ unix:/run/docker.sock http://%2Frun%2Fdocker.sock/ http://@judge.example/".split(),
    *"gopher://judge.example/ http://judge.example%00.evil/ http://a..b/ http://.judge.example/".split(),
    *(
        "http://judge.example\\@127.0.0.1/",
        "http://127.0.0.1\\.judge.example/",
        "http://judge.example:80@127.0.0.1/",
    ),
]


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_that_is_not_public_is_known_in_each_dress(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::9", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


INSIDE = """
    127.0.0.1 127.1 127.9.9.9 0 0.0.0.0 2130706433 0x7f000001 0x7f.1 017700000001 0177.0.0.1 0177.0.0x1
    localhost LOCALHOST ①②⑦.⓪.⓪.① 127。0。0。1
    [::1] [0:0:0:0:0:0:0:1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1]
"""


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outsider]:
    """A server that listens on every address of this machine, on what counts as the usual port."""
    monkeypatch.setattr(
        calls, "_allowed", []
    )  # what keeps tests from calling out does not know all its names
    with outsider(everywhere=True) as server:
        monkeypatch.setitem(egress.PORTS, "http", server.server_port)
        yield server


@pytest.mark.parametrize("host", INSIDE.split())
def test_a_name_for_this_machine_is_refused_in_each_dress(
    canary: Outsider, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"http://{host}/", f"http://{host}:{canary.server_port}/"):
        with pytest.raises(EgressRefused, match="not on the public network"):
            ask(url)
    assert not canary.heard
    if "[" in host and canary.address_family == socket.AF_INET:
        return  # this machine has no such addresses
    monkeypatch.setattr(egress, "is_public", lambda _address: True)
    assert ask(f"http://{host}/").status == 200, "but for what looks at addresses it would have been asked"
    assert canary.heard


def test_a_name_that_is_given_another_address_in_between_leads_nowhere(
    out: Outsider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at, it is an address that counts as public and where nobody is; asked again it would be the server's."""
    answers = ["127.0.0.2", "127.0.0.1"]

    def resolve(_host: str, port: int, **_options: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(egress, "is_public", lambda address: address == "127.0.0.2")
    monkeypatch.setitem(egress.PORTS, "http", out.server_port)
    with pytest.raises(EgressFailed):
        ask("http://rebinding.example/")
    with pytest.raises(EgressRefused):
        ask("http://rebinding.example/")
    assert not out.heard


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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_followed_nowhere(out: Outsider, status: int) -> None:
    out.answers["/there"] = b"here"
    for target in (out.url("/there"), "http://169.254.169.254/latest", "file:///etc/passwd"):
        answer = ask(out.url(f"/elsewhere?{status},{target}"), body=b"secret")
        assert (answer.status, answer.headers["location"]) == (status, target)
    assert len(out.heard) == 3


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
