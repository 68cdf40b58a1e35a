"""Other programs may send their errors, if they are known, and no more than is good for us."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import brotli
import pytest
from django.test import Client, override_settings
from django.urls import path

from django_headroom.operations.errors.capturing import flush
from django_headroom.operations.errors.models import Group, Occurrence
from django_headroom.operations.errors.travelling import receiving
from tests.headroom.settings import HEADROOM

pytestmark = pytest.mark.django_db(databases=["default", "people"])
urlpatterns = [path("api/<int:project>/envelope/", receiving.receive_envelope)]

EVENT = {
    "event_id": "a" * 32,
    "release": "2.0",
    "user": {"email": "ann@bakery.example"},
    "exception": {"values": [{"type": "TypeError", "module": "builtins", "value": "ann@bakery.example"}]},
}


@pytest.fixture(autouse=True)
def _known() -> Iterator[None]:
    receiving._allowances.left.clear()
    known = {**HEADROOM, "ERRORS_KEYS": {"7": "thekey"}}
    with override_settings(HEADROOM=known, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"]):
        yield


def envelope(event: Any = EVENT) -> bytes:
    payload = json.dumps(event).encode()
    about = json.dumps({"type": "event", "length": len(payload)}).encode()
    return b'{"event_id": "%s"}\n{"type": "session"}\n{}\n%s\n%s\n' % (b"a" * 32, about, payload)


def send(body: bytes, *, key: str = "thekey", project: int = 7, encoding: str = "") -> Any:
    headers = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    kind = "application/x-sentry-envelope"
    return Client(enforce_csrf_checks=True).post(
        f"/api/{project}/envelope/", body, content_type=kind, headers=headers
    )


@pytest.mark.parametrize(
    ("encoding", "pack"), [("", bytes), ("gzip", gzip.compress), ("br", brotli.compress)]
)
def test_an_event_of_a_known_program_is_counted_and_scrubbed(encoding: str, pack: Any) -> None:
    assert send(pack(envelope()), encoding=encoding).json() == {"id": "a" * 32}
    flush()
    group = Group.objects.get()
    assert (group.title, group.project, group.count, group.releases) == ("TypeError", "7", 1, ["2.0"])
    assert "ann@bakery" not in json.dumps(Occurrence.objects.get().body) + group.message


@pytest.mark.parametrize(("key", "project"), [("another", 7), ("", 7), ("thekey", 8)])
def test_nobody_else_is_let_in(key: str, project: int) -> None:
    assert send(envelope(), key=key, project=project).status_code == 403
    assert flush() == 0


@pytest.mark.parametrize("pack", [gzip.compress, brotli.compress])
def test_a_bomb_is_refused_before_it_has_unfolded(pack: Any) -> None:
    bomb = pack(b"0" * 64 * 1024 * 1024)
    assert len(bomb) < receiving.PACKED_MOST
    encoding = "br" if pack is brotli.compress else "gzip"
    assert send(bomb, encoding=encoding).status_code == 413


def test_what_is_too_long_is_refused_unread() -> None:
    assert send(b"{" + b" " * receiving.PACKED_MOST + b"}").status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"{}\n[]\n{}",
        b"{" * 100_000,
        b'{}\n{"type": "event"}\nno',
        b'{}\n{"type": "event"}\n{"a": NaN}',
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    assert send(body).status_code == 400


def test_a_broken_event_is_taken_as_it_is() -> None:
    assert (
        send(envelope({"exception": {"values": [None, {"stacktrace": {"frames": "no"}}]}})).status_code == 200
    )
    assert flush() == 1


def test_what_no_database_takes_is_taken() -> None:
    nul, half = chr(0), chr(0xD800)
    frame = {"module": nul, "function": half, "context_line": nul, "in_app": True, "vars": {nul: half}}
    value = {"type": nul, "value": half, "stacktrace": {"frames": [frame]}}
    assert (
        send(envelope({"exception": {"values": [value]}, "release": nul, "fingerprint": [nul]})).status_code
        == 200
    )
    assert flush() == 1
    assert Occurrence.objects.count() == 1


def test_packed_as_nobody_knows_is_refused() -> None:
    assert send(b"x", encoding="zstd").status_code == 415
    assert send(b"no such thing", encoding="gzip").status_code == 400


def test_who_sends_too_much_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "AT_ONCE", 3.0)
    monkeypatch.setattr(receiving, "A_SECOND", 0.0)
    answers = [send(envelope()) for _ in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["Retry-After"] == "10"
    assert flush() == 3
