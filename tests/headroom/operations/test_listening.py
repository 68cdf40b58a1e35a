"""A turn reaches every process; one that can reach nothing keeps what it knew, or what each switch says of itself."""

import os
import select
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test.utils import CaptureQueriesContext

from django_headroom.operations.switches import (
    OFF,
    ON,
    Guard,
    Rule,
    Switch,
    declare,
    felt,
    is_on,
    knowing,
    listening,
    switches,
)
from django_headroom.operations.switches.listening import rest, watch
from django_headroom.operations.switches.models import Turn
from django_headroom.operations.switches.turning import choose, turn
from tests.headroom.market.processes import in_a_process
from tests.headroom.operations.waiting import comes_true

PLACES = ("default", "p1")
pytestmark = pytest.mark.django_db(databases=PLACES, transaction=True)


@pytest.fixture(autouse=True)
def wings() -> str:
    declare(Switch("wings", says="Birds fly.", default=False, unread=True, owner="ann", labs=True))
    declare(Switch("beaks", says="Birds eat.", default=True, unread=False, owner="ann"))
    return "wings"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets which databases cannot be reached by those who listen."""
    gone: set[str] = set()
    connect, read = listening._Line._connect, listening._Line._read

    def refuse(line: Any, act: Callable[[Any], Any]) -> Any:
        if line.alias in gone:
            raise OperationalError("away")
        return act(line)

    monkeypatch.setattr(listening._Line, "_connect", lambda line: refuse(line, connect))
    monkeypatch.setattr(listening._Line, "_read", lambda line: refuse(line, read))

    def go(*aliases: str) -> None:
        gone.clear()
        gone.update(aliases)

    return go


def test_a_turn_reaches_processes_that_listen(wings: str) -> None:
    readers = []
    for _ in range(3):
        reading, writing = os.pipe()

        def hear(writing: int = writing) -> None:
            watch()
            os.write(writing, b"listening\n" if not is_on("wings") else b"wrong\n")
            heard = comes_true(lambda: is_on("wings"))
            os.write(writing, b"on\n" if heard else b"deaf\n")
            heard = comes_true(lambda: not is_on("wings"))
            os.write(writing, b"off\n" if heard else b"deaf\n")
            rest()

        readers.append((in_a_process(hear), reading))
        os.close(writing)
    assert {line_from(reading) for _pid, reading in readers} == {"listening"}
    turn(wings, ON, by="ann", why="for all")
    assert {line_from(reading) for _pid, reading in readers} == {"on"}
    turn(wings, OFF, by="ann", why="for nobody")
    assert {line_from(reading) for _pid, reading in readers} == {"off"}
    for pid, reading in readers:
        assert not ended_badly(pid)
        os.close(reading)


def test_who_begins_later_knows_what_was_turned_and_chosen(wings: str) -> None:
    turn(wings, Rule(labs=True), by="ann", why="a lab")
    choose(wings, actor="u1", is_in=True)
    knowing.forget()
    assert watch()
    assert is_on(wings, actor="u1")
    assert not is_on(wings, actor="u2")


def test_who_begins_reads_how_each_stands_by_two_questions_and_nothing_of_its_history(
    wings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 21):
        turn(wings, Rule(percent=number), by="ann", why="once more")
    turn("beaks", OFF, by="ann", why="for nobody")
    knowing.forget()
    read: list[tuple[int, int]] = []
    learn = knowing.learn

    def count(turns: Any, choices: Any = (), **more: Any) -> None:
        read.append((len(turns), len(choices)))
        learn(turns, choices, **more)

    monkeypatch.setattr(knowing, "learn", count)
    line = listening._Line("default")
    line.hear()
    with CaptureQueriesContext(line.connection) as asked:
        line._turned = 0
        line._read()
    line.close()
    assert read == [(2, 0), (2, 0)]
    assert len(asked) == 2
    assert (knowing.rule_of(wings), knowing.rule_of("beaks")) == (Rule(percent=20), OFF)


def test_the_last_state_is_kept_while_nothing_can_be_reached(wings: str, away: Callable[..., None]) -> None:
    turn(wings, ON, by="ann", why="for all")
    assert watch()
    away(*PLACES)
    rule = OFF.as_json()
    Turn.objects.using("default").create(version=2, switch=wings, rule=rule, by="ann", why="unheard")
    age = knowing.age()
    assert comes_true(lambda: (knowing.age() or 0) > (age or 0) + 2 * listening.ASK_EVERY), "nothing is read"
    assert is_on(wings)
    away()
    assert comes_true(lambda: not is_on(wings))


def test_who_could_read_nothing_since_it_began_has_what_each_switch_says(away: Callable[..., None]) -> None:
    away(*PLACES)
    assert not watch()
    assert (is_on("wings"), is_on("beaks")) == (True, False)
    assert knowing.age() is None
    away()
    assert comes_true(lambda: not is_on("wings"))
    assert is_on("beaks")


def test_a_turn_is_heard_at_the_other_database_while_the_first_is_away(
    wings: str, away: Callable[..., None]
) -> None:
    away("default")
    assert watch()
    rule = ON.as_json()
    Turn.objects.using("p1").create(version=1, switch=wings, rule=rule, by="ann", why="by the other way")
    assert comes_true(lambda: is_on(wings))


def test_what_a_block_says_holds_in_the_workers_that_it_starts(wings: str) -> None:
    def work() -> None:
        watch()
        turn(wings, OFF, by="ann", why="for nobody")
        assert is_on(wings)
        rest()

    with switches(wings=True):
        assert not ended_badly(in_a_process(work))
    assert comes_true(lambda: Turn.objects.using("default").exists())


def test_nobody_listens_twice() -> None:
    watch()
    before = listening._listening
    watch()
    assert listening._listening is before
    rest()
    assert before is not None
    assert not before.is_alive()


def test_a_guard_turns_off_what_fails_and_writes_down_why() -> None:
    guard = Guard(errors=0.5, least=10)
    declare(Switch("tails", says="Birds steer.", default=True, unread=True, owner="ann", guard=guard))
    watch()
    for _ in range(9):
        fail()
    assert is_on("tails")
    for _ in range(200):  # a window may end between them
        fail()
        if not is_on("tails"):
            break
    assert comes_true(lambda: not is_on("tails"))
    assert comes_true(lambda: Turn.objects.using("default").filter(switch="tails").exists())
    kept = Turn.objects.using("default").get(switch="tails")
    assert kept.by == "guard"
    assert "calls failed; 50% may" in kept.why
    assert comes_true(lambda: not knowing.tripped())
    assert not is_on("tails")
    turn("tails", ON, by="ann", why="mended")
    assert is_on("tails")


def fail() -> None:
    with pytest.raises(ValueError, match="crooked"), felt("tails"):
        raise ValueError("crooked")


def line_from(reading: int) -> str:
    """The next line, a byte at a time, so that the one after stays in the pipe."""
    said = b""
    while not said.endswith(b"\n"):
        ready, _, _ = select.select([reading], [], [], 120)
        assert ready, "nothing was said"
        byte = os.read(reading, 1)
        assert byte, "it has ended"
        said += byte
    return said.decode().strip()


def ended_badly(pid: int) -> bool:
    _, status = os.waitpid(pid, 0)
    return status != 0
