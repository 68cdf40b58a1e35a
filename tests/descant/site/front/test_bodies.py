"""Bodies of requests: bounded in memory for everybody, longer on disk for who has shown that she may."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from descant.site.front import bodies
from descant.site.front.bodies import HELD_MOST, MEMORY_MOST, ON_DISK_MOST, TOO_LARGE, TOO_MANY, Bodies, Body
from descant.site.front.pages import Answer

PIECE = b"x" * 65_536
LONGEST = 40 * MEMORY_MOST
NOT_YOU = Answer(403, [], b"not you")


@dataclass
class Scope:
    """A request to a path, and how long it says that it is."""

    path: str = "/imports"
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Desk:
    """The bodies of a process, what was asked of whom, and the most that was in memory."""

    refusal: Answer | None = None
    asked: list[int] = field(default_factory=list)
    most: int = 0

    def __post_init__(self) -> None:
        self.bodies = Bodies("/imports".__eq__, self._refused, LONGEST)

    async def _refused(self, scope: Any, body: Body) -> Answer | None:
        self.asked.append(len(body.head))
        return self.refusal

    async def sent(self, pieces: int) -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield PIECE
            self.most = max(self.most, self.bodies._held)

    @contextmanager
    def read(self, pieces: int, scope: Any = None) -> Iterator[tuple[Answer | None, Body]]:
        body = Body()
        yield asyncio.run(self.bodies.read(scope or Scope(), self.sent(pieces), body)), body
        self.bodies.let_go(body)


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, settings: Any) -> Path:
    settings.DESCANT_DATA = tmp_path
    return tmp_path / "imports"


def test_what_anybody_may_send_is_in_memory_and_nobody_is_asked() -> None:
    desk = Desk()
    with desk.read(16) as (answer, body):
        assert (answer, body.length, body.file) == (None, MEMORY_MOST, None)
        assert body.opened().read() == PIECE * 16
    assert (desk.asked, desk.bodies._held) == ([], 0)


def test_a_long_one_goes_to_disk_and_is_gone_with_its_request(uploads: Path) -> None:
    desk = Desk()
    with desk.read(480) as (answer, body):
        assert (answer, body.length) == (None, 480 * len(PIECE))
        assert (body.pieces, desk.bodies._held) == ([], 0)
        assert body.opened().read() == PIECE * 480
        assert [
            *uploads.iterdir()
        ] == []  # it has no name there: with a process that is killed it goes as well
    assert desk.asked == [MEMORY_MOST + len(PIECE)]
    assert desk.most <= MEMORY_MOST + len(PIECE)


def test_who_may_not_is_asked_after_as_much_as_anybody_may_send(uploads: Path) -> None:
    desk = Desk(NOT_YOU)
    with desk.read(480) as (answer, body):
        assert (answer, body.length, body.file) == (NOT_YOU, MEMORY_MOST + len(PIECE), None)
    assert desk.bodies._held == 0
    assert not uploads.exists()


def test_elsewhere_a_long_one_is_too_large_and_nobody_is_asked() -> None:
    desk = Desk()
    with desk.read(480, Scope("/posts")) as (answer, body):
        assert (answer, body.length) == (TOO_LARGE, MEMORY_MOST + len(PIECE))
    assert desk.asked == []


@pytest.mark.parametrize("said", [{"content-length": str(LONGEST + 1)}, {}])
def test_the_longest_is_bounded_whether_it_says_so_or_not(said: dict[str, str]) -> None:
    desk = Desk()
    with desk.read(LONGEST // len(PIECE) + 18, Scope(headers=said)) as (answer, body):
        assert answer == TOO_LARGE
        assert body.length <= LONGEST + MEMORY_MOST + len(PIECE)
    assert desk.asked == [] if said else [MEMORY_MOST + len(PIECE)]


def test_some_at_a_time_are_on_disk() -> None:
    desk = Desk()
    with desk.read(20) as (one, _), desk.read(20) as (other, _), desk.read(20) as (third, body):
        assert ON_DISK_MOST == 2
        assert (one, other) == (None, None)
        assert third is not None
        assert (third.status, body.file) == (503, None)
    with desk.read(20) as (later, _):
        assert later is None


def test_all_that_is_in_memory_has_a_bound() -> None:
    desk = Desk()
    desk.bodies._held = HELD_MOST - len(PIECE)
    with desk.read(2) as (answer, _):
        assert answer == TOO_MANY


def test_a_disk_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bodies, "TemporaryFile", full)
    with Desk().read(20) as (answer, body):
        assert answer is not None
        assert (answer.status, body.file) == (507, None)


def test_who_leaves_in_the_middle_has_sent_nothing() -> None:
    for pieces in (1, 20):
        with Desk().read(pieces, Scope(headers={"content-length": str(30 * len(PIECE))})) as (answer, _):
            assert answer is not None
            assert answer.status == 400
