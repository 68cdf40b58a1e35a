"""Within a request, and in what follows from it, a switch is one thing; but for those that kill."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from django_headroom.operations.switches import (
    OFF,
    ON,
    Actor,
    Rule,
    Switch,
    declare,
    given,
    held,
    is_on,
    knowing,
    switches,
)
from django_headroom.operations.switches.holding import HeldSwitches
from django_headroom.testing import frozen_time, query_budget

HALF = Rule(percent=50)


@pytest.fixture(autouse=True)
def wings() -> None:
    declare(Switch("wings", says="Birds fly.", default=False, unread=False, owner="ann", labs=True))
    declare(Switch("fire", says="Birds burn.", default=True, unread=True, owner="ann", kill=True))


def stands(name: str, rule: Rule) -> None:
    knowing.learn([knowing.Turned(knowing.version_of(name) + 1, name, rule)])


@pytest.mark.parametrize("before", [ON, OFF, Rule(always={"actor": frozenset({"u1"})})])
def test_what_is_turned_meanwhile_holds_from_the_next_request_on(before: Rule) -> None:
    stands("wings", before)
    with held(), query_budget(0):
        was = is_on("wings", actor="u1")
        stands("wings", OFF if was else ON)
        assert is_on("wings", actor="u1") is was
    assert is_on("wings", actor="u1") is not was


def test_what_was_not_asked_before_it_was_turned_is_held_too() -> None:
    with held():
        stands("wings", ON)
        assert not is_on("wings")


def test_what_kills_does_so_at_once() -> None:
    with held():
        assert is_on("fire")
        stands("fire", OFF)
        assert not is_on("fire")


def test_a_time_that_comes_and_a_choice_that_is_made_wait_for_the_next_request() -> None:
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    stands("wings", Rule(percent=100, begins_at=noon))
    with frozen_time(noon - timedelta(seconds=1)) as clock, held():
        assert not is_on("wings")
        clock.move(seconds=2)
        assert not is_on("wings")
    stands("wings", Rule(labs=True))
    with held():
        assert not is_on("wings", actor="u1")
        knowing.learn((), [knowing.Chosen(1, "wings", "u1", True)])
        assert not is_on("wings", actor="u1")
    assert is_on("wings", actor="u1")


def test_each_person_and_place_has_an_answer_of_its_own() -> None:
    stands("wings", Rule(staff=True, always={"actor": frozenset({"u1"}), "shop": frozenset({"bakery"})}))
    asked: list[dict[str, Any]] = [
        {"actor": "u1"},
        {"actor": "u2"},
        {"actor": Actor("u2", is_staff=True)},
        {"actor": "u2", "shop": "bakery"},
        {"actor": "u2", "shop": "butcher"},
        {},
    ]
    plainly = [is_on("wings", **each) for each in asked]
    with held():
        for _ in range(2):
            assert [is_on("wings", **each) for each in asked] == plainly


def test_what_was_answered_is_taken_along_and_answered_so_elsewhere() -> None:
    stands("wings", HALF)
    people = [f"u{number}" for number in range(50)]
    with held():
        answers = [is_on("wings", actor=key) for key in people]
        stands("fire", OFF)
        assert not is_on("fire")
        taken = json.loads(json.dumps(given()))
    assert len(taken) == len(people), "what kills is not taken along"
    stands("wings", ON)
    stands("fire", ON)
    with held(taken):
        assert [is_on("wings", actor=key) for key in people] == answers
        assert is_on("wings", actor="u99"), "who was not asked for has what holds now"
        assert is_on("fire")
    assert given() == {}


def test_what_was_the_same_for_all_is_so_for_everybody_elsewhere() -> None:
    stands("wings", ON)
    with held():
        assert is_on("wings", actor="u1")
        taken = given()
    stands("wings", Rule(always={"actor": frozenset({"u1"})}))
    with held(taken):
        assert is_on("wings", actor="u2")


def test_what_a_block_says_goes_before_what_is_held() -> None:
    with held({"wings": False}), switches(wings=True):
        assert is_on("wings")


def test_a_switch_that_is_declared_meanwhile_is_known() -> None:
    with held():
        declare(Switch("tails", says="Birds steer.", default=True, unread=True, owner="ann"))
        assert is_on("tails")
        assert is_on("tails")


def test_a_request_is_held_by_the_middleware() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        before = is_on("wings")
        stands("wings", ON)
        return HttpResponse(f"{before} {is_on('wings')}")

    answer: Any = HeldSwitches(view)(HttpRequest())
    assert answer.content == b"False False"
    assert is_on("wings")
