"""For whom a switch is on: answered in the process, the same for a person everywhere; who is excluded is out."""

import logging
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from django.core.checks import run_checks

from django_headroom.operations.switches import (
    OFF,
    ON,
    Actor,
    BadRule,
    DeclaredTwice,
    Rule,
    Switch,
    declare,
    held,
    is_on,
    knowing,
    switches,
)
from django_headroom.operations.switches.rules import bucket_of
from django_headroom.testing import frozen_time, query_budget

BAKERY = {"shop": frozenset({"bakery"})}


def made(name: str, rule: Rule | None = None, **columns: Any) -> str:
    declare(
        Switch(name, **{"says": "It is so.", "default": False, "unread": False, "owner": "ann", **columns})
    )
    if rule is not None:
        knowing.learn([knowing.Turned(knowing.version_of(name) + 1, name, rule)])
    return name


@pytest.mark.parametrize("default", [True, False])
def test_what_nobody_has_turned_is_as_it_was_declared(default: bool) -> None:
    assert is_on(made("wings", default=default)) is default


def test_a_name_that_nobody_declared_is_told_once_and_is_off_or_as_was_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert [is_on("never_declared") for _ in range(3)] == [False] * 3
        assert is_on("never_declared", default=True)
    assert caplog.text.count("never_declared") == 1


def test_no_question_costs_a_query() -> None:
    name = made("wings", Rule(percent=50, always=BAKERY, staff=True))
    with query_budget(0):
        for number in range(100):
            is_on(name, actor=f"u{number}", shop="bakery")


@pytest.mark.parametrize("percent", [0, 1, 10, 50, 99.5, 100])
def test_a_percentage_is_what_it_says(percent: float) -> None:
    people, name = 100_000, made("wings", Rule(percent=percent))
    count = sum(is_on(name, actor=f"u{number}") for number in range(people))
    wanted = people * percent / 100
    spread = (wanted * (1 - percent / 100)) ** 0.5
    assert abs(count - wanted) <= 3.2 * spread, "the keys are always these, and so is the count"


def test_a_tenth_of_a_hundred_thousand_is_ten_thousand_and_not_three_hundred_more_or_less() -> None:
    names = [made(name, Rule(percent=10)) for name in ("wings", "tails", "beaks", "heavy_orders")]
    for name in names:
        count = sum(is_on(name, actor=f"u{number}") for number in range(100_000))
        assert abs(count - 10_000) <= 300


@pytest.mark.parametrize(
    "actor", [None, "", "u1", "\ud800", "u\n1", Actor(""), Actor("u1", True), 7, object()]
)
@pytest.mark.parametrize(
    "rule", [ON, OFF, Rule(percent=50), Rule(percent=50, by="shop", never=BAKERY, labs=True, staff=True)]
)
def test_whatever_is_asked_there_is_an_answer(actor: Any, rule: Rule) -> None:
    name = made("wings", rule, labs=True)
    for where in ({}, {"shop": None}, {"shop": 7, "else": object()}, {"shop": "\ud800"}):
        assert isinstance(is_on(name, actor=actor, **where), bool)
        with held():
            assert isinstance(is_on(name, actor=actor, **where), bool)


def test_nobody_leaves_when_a_percentage_grows() -> None:
    people = [f"u{number}" for number in range(10_000)]
    name, before = made("wings"), set[str]()
    for version, percent in enumerate((1, 5, 20, 60, 100), start=1):
        knowing.learn([knowing.Turned(version, name, Rule(percent=percent))])
        now = {key for key in people if is_on(name, actor=key)}
        assert before < now
        before = now


def test_who_is_in_one_switch_is_no_likelier_in_another() -> None:
    names = [made(name, Rule(percent=50)) for name in ("wings", "tails", "beaks")]
    drawn = [[is_on(name, actor=f"u{number}") for name in names] for number in range(20_000)]
    for one, other in combinations(range(len(names)), 2):
        counts = Counter((row[one], row[other]) for row in drawn)
        assert len(counts) == 4
        chi_squared = sum((count - 5_000) ** 2 / 5_000 for count in counts.values())
        assert chi_squared < 16.3, "of three degrees of freedom: one in a thousand is above"


def test_a_person_is_in_the_same_bucket_in_every_process_for_ever() -> None:
    assert [bucket_of("wings", f"u{number}") for number in range(4)] == [8055, 9180, 3816, 4953]


def test_of_a_stranger_a_percentage_says_no() -> None:
    name = made("wings", Rule(percent=99))
    assert not is_on(name)
    assert not is_on(name, actor="")


def test_a_percentage_may_be_of_something_else_than_people() -> None:
    name = made("wings", Rule(percent=50, by="shop"))
    shops = {f"shop{number}": is_on(name, actor="u1", shop=f"shop{number}") for number in range(200)}
    assert set(shops.values()) == {True, False}
    assert all(is_on(name, actor="u2", shop=shop) is found for shop, found in shops.items())


def test_who_is_named_is_in_and_who_is_excluded_is_out_whatever_else_is_said() -> None:
    everybody = Rule(
        percent=100,
        always={"actor": frozenset({"u1"}), **BAKERY},
        never={"actor": frozenset({"u1"}), "shop": frozenset({"7"})},
        staff=True,
    )
    name = made("wings", everybody)
    assert not is_on(name, actor=Actor("u1", is_staff=True), shop="bakery")
    assert not is_on(name, shop=7), "as it is written"
    assert is_on(name, actor="u2")
    few = made("tails", Rule(always=BAKERY))
    assert is_on(few, shop="bakery")
    assert not is_on(few, shop="butcher")
    assert not is_on(few, actor="bakery")


def test_the_staff_sees_it_first() -> None:
    name = made("wings", Rule(staff=True))
    assert is_on(name, actor=Actor("u1", is_staff=True))
    assert not is_on(name, actor=Actor("u1"))


def test_a_switch_keeps_to_its_times() -> None:
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    name = made("wings", Rule(percent=100, begins_at=noon, ends_at=noon + timedelta(hours=1)))
    with frozen_time(noon - timedelta(seconds=1)) as clock:
        assert not is_on(name)
        clock.move(seconds=1)
        assert is_on(name)
        clock.move(hours=1)
        assert not is_on(name)


def test_a_switch_is_off_without_the_one_it_needs() -> None:
    made("wings", ON)
    name = made("flight", Rule(always=BAKERY), needs="wings")
    assert is_on(name, shop="bakery")
    assert not is_on(name, shop="butcher")
    knowing.learn([knowing.Turned(9, "wings", OFF)])
    assert not is_on(name, shop="bakery")


def test_in_a_block_a_switch_is_what_the_block_says() -> None:
    name = made("wings", OFF)
    with switches(wings=True):
        assert is_on(name)
        with switches(tails=True, wings=False):
            assert (is_on(name), is_on("tails")) == (False, True)
        assert (is_on(name), is_on("tails")) == (True, False)
    assert not is_on(name)


def test_an_older_turn_never_undoes_a_newer_one() -> None:
    name = made("wings")
    knowing.learn([knowing.Turned(7, name, ON)])
    knowing.learn([knowing.Turned(6, name, OFF)])
    assert is_on(name)


def test_of_a_name_and_what_it_needs_there_is_one() -> None:
    made("wings")
    made("wings")  # its module was loaded again
    with pytest.raises(DeclaredTwice, match="another name"):
        made("wings", default=True)
    with pytest.raises(DeclaredTwice, match="declare it before"):
        made("flight", needs="engines")


def test_a_switch_that_has_outlived_its_day_is_reported() -> None:
    made("old", until=date(2020, 1, 1))
    made("lasting")
    assert [found.id for found in run_checks(tags=["switches"])] == ["headroom.W601"]


@pytest.mark.parametrize(
    "columns",
    [
        {"percent": 101},
        {"percent": -1},
        {"begins_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - it is refused
        {"begins_at": datetime(2026, 1, 2, tzinfo=UTC), "ends_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
def test_what_cannot_be_followed_is_no_rule(columns: dict[str, Any]) -> None:
    with pytest.raises(BadRule):
        Rule(**columns)


def test_a_rule_is_read_as_it_was_written_and_what_is_newer_is_left_out() -> None:
    whole = Rule(
        percent=12.5,
        by="shop",
        always=BAKERY,
        never={"actor": frozenset({"u2", "u1"})},
        staff=True,
        labs=True,
        begins_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert Rule.from_json(whole.as_json() | {"newer": 1}) == whole
    assert OFF.as_json() == {"percent": 0.0}
