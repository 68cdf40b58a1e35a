"""A turn is written down with who and why, in the order of the commits; it can be turned back with one act."""

import threading
from typing import Any

import pytest
from django.db import OperationalError, connections

from django_headroom.operations.switches import OFF, ON, Rule, Switch, declare, is_on, knowing, turning
from django_headroom.operations.switches.models import Choice, Turn
from django_headroom.operations.switches.turning import (
    NobodyHeard,
    TurnRefused,
    choose,
    history,
    revert,
    turn,
)

PLACES = ("default", "p1")
pytestmark = pytest.mark.django_db(databases=PLACES, transaction=True)


@pytest.fixture
def wings() -> str:
    declare(Switch("wings", says="Birds fly.", default=False, unread=True, owner="ann"))
    return "wings"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Databases that cannot be reached."""
    gone: set[str] = set()
    asked = turning._height

    def height(kind: Any, alias: str) -> int | None:
        return None if alias in gone else asked(kind, alias)

    monkeypatch.setattr(turning, "_height", height)
    bring = turning._bring

    def brought(kind: Any, source: str, target: str, *, after: int) -> None:
        if target not in gone:
            bring(kind, source, target, after=after)

    monkeypatch.setattr(turning, "_bring", brought)
    return gone


def test_a_turn_says_who_when_and_why_and_holds_here_at_once(wings: str) -> None:
    made = turn(wings, Rule(percent=100), by="ann", why=" to see them ")
    assert is_on(wings)
    kept = Turn.objects.using("default").get()
    assert (kept.version, kept.by, kept.why, kept.rule) == (
        made.version,
        "ann",
        "to see them",
        {"percent": 100},
    )
    assert kept.turned_at is not None


def test_one_act_turns_it_back_also_to_what_it_was_before_anybody_turned(wings: str) -> None:
    first = turn(wings, Rule(percent=5), by="ann", why="to try")
    second = turn(wings, ON, by="bo", why="for all")
    revert(second.version, by="ann", why="too early")
    assert knowing.rule_of(wings) == Rule(percent=5)
    back = revert(first.version, by="ann", why="not at all")
    assert knowing.rule_of(wings) == OFF
    assert [(each.version, each.reverts) for each in history(wings)] == [
        (back.version, first.version),
        (3, second.version),
        (2, None),
        (1, None),
    ]
    assert history("other") == []
    assert len(history(most=2)) == 2


def test_what_cannot_be_turned_is_refused(wings: str) -> None:
    with pytest.raises(TurnRefused, match="wings"):
        turn("tails", ON, by="ann", why="to see")
    with pytest.raises(TurnRefused, match="why"):
        turn(wings, ON, by="ann", why=" ")
    with pytest.raises(TurnRefused, match="no turn 7"):
        revert(7, by="ann", why="to see")
    assert not Turn.objects.using("default").exists()


def test_of_many_who_turn_at_once_each_has_a_version_and_all_know_the_last(wings: str) -> None:
    def turn_it(number: int) -> None:
        turn(wings, Rule(percent=number), by=f"operator {number}", why="at once")
        connections.close_all()

    threads = [threading.Thread(target=turn_it, args=[number]) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = list(Turn.objects.using("default").order_by("version"))
    assert [each.version for each in turns] == [1, 2, 3, 4, 5, 6]
    assert {each.by for each in turns} == {f"operator {number}" for number in range(1, 7)}
    assert knowing.rule_of(wings) == Rule.from_json(turns[-1].rule)


def test_a_switch_can_be_turned_while_the_first_database_is_away(wings: str, away: set[str]) -> None:
    turn(wings, ON, by="ann", why="for all")
    away.add("default")
    turn(wings, OFF, by="ann", why="it burns")
    assert not is_on(wings)
    assert [Turn.objects.using(alias).count() for alias in PLACES] == [1, 2]
    away.clear()
    last = turn(wings, Rule(percent=1), by="ann", why="again, gently")
    assert last.version == 3
    kept = [list(Turn.objects.using(alias).order_by("version").values()) for alias in PLACES]
    assert kept[0] == kept[1], "whoever was away has been given what it lacked"


def test_where_nothing_can_be_reached_the_operator_is_told(wings: str, away: set[str]) -> None:
    away.update(PLACES)
    with pytest.raises(NobodyHeard):
        turn(wings, ON, by="ann", why="for all")
    assert not is_on(wings)


def test_the_history_is_read_where_it_can_be(wings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    turn(wings, ON, by="ann", why="for all")

    def refuse(execute: Any, *call: Any) -> Any:
        raise OperationalError("away")

    with connections["default"].execute_wrapper(refuse):
        assert [each.why for each in history()] == ["for all"]
        with connections["p1"].execute_wrapper(refuse), pytest.raises(NobodyHeard):
            history()


def test_who_has_chosen_has_it_where_the_rule_and_the_place_let_her() -> None:
    declare(Switch("wings", says="Birds fly.", default=False, unread=False, owner="ann", labs=True))
    choose("wings", actor="u1", is_in=True)
    assert not is_on("wings", actor="u1"), "nobody has opened it"
    turn("wings", Rule(labs=True), by="ann", why="a lab")
    assert is_on("wings", actor="u1")
    assert not is_on("wings", actor="u1", may_choose=False)
    assert not is_on("wings", actor="u2")
    choose("wings", actor="u1", is_in=False)
    assert not is_on("wings", actor="u1")
    assert [Choice.objects.using(alias).count() for alias in PLACES] == [1, 1]


def test_what_is_no_lab_cannot_be_chosen(wings: str) -> None:
    with pytest.raises(TurnRefused):
        choose(wings, actor="u1", is_in=True)
