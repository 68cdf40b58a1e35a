"""Local variables are told without running anybody's code, and never more of them than can be read."""

import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from django.views.decorators.debug import sensitive_variables

from django_headroom.operations.errors.scrubbing import HIDDEN
from django_headroom.operations.errors.variables import LONGEST, MOST_NODES, Teller
from tests.headroom.market.items.models import Item


def told(value: Any, name: str = "value") -> str:
    return Teller().told(name, value)


class Booby:
    """Whoever looks at it by its own methods pays for it."""

    def __init__(self) -> None:
        self.weight = 7

    def __repr__(self) -> str:
        raise AssertionError("its code was run")

    __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __repr__  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError("its code was run")


@dataclass
class Loaf:
    grain: str
    price: int = field(repr=False, default=3)


class Sale(NamedTuple):
    loaf: str
    amount: int


def test_no_code_of_a_value_is_run() -> None:
    assert told({"inside": [Booby.__new__(Booby)]}).endswith("Booby>]}")


def test_a_class_of_numbers_or_texts_with_a_repr_of_its_own_is_not_asked() -> None:
    class Sly(str):
        def __repr__(self) -> str:
            raise AssertionError("its code was run")

    assert "Sly" in told(Sly("x"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7, "7"),
        ("rye", "'rye'"),
        ([1, (2, "b")], "[1, (2, 'b')]"),
        ({"grain": {"rye": None}}, "{'grain': {'rye': None}}"),
        (b"secret bytes", "<12 bytes>"),
        (Item, "<class tests.headroom.market.items.models.Item>"),
    ],
)
def test_plain_values_are_shown_as_python_writes_them(value: Any, shown: str) -> None:
    assert told(value) == shown


def test_objects_show_what_they_keep() -> None:
    assert told(Loaf("rye")).endswith("Loaf grain='rye'>")
    assert told(Sale("rye", 2)).endswith("Sale loaf='rye', amount=2>")


def test_a_row_is_named_and_a_queryset_is_not_asked() -> None:
    assert told(Item(pk=7)) == "<tests.headroom.market.items.models.Item 7>"
    assert "of tests.headroom.market.items.models.Item" in told(Item.objects.filter(pk=7))


def test_what_holds_itself_ends() -> None:
    circle: dict[str, Any] = {}
    circle["itself"] = [circle]
    assert told(circle) == "{'itself': [<dict …>]}"


def test_what_is_long_is_cut_and_its_length_told() -> None:
    assert len(told("x" * 1_000_000)) < LONGEST + 50
    assert "(1000000 characters)" in told("x" * 1_000_000)
    assert told(list(range(10_000))).endswith("11, … (10000)]")
    assert len(told([["y" * 400] * 12] * 12)) < LONGEST + 50
    assert told(10**5_000) == "<int of 16610 bits>"


def test_secrets_are_hidden_by_their_names_at_every_depth() -> None:
    assert told("hunter2", "password") == HIDDEN
    assert told({"user": {"api_key": "hunter2"}}) == "{'user': {'api_key': [hidden]}}"
    assert "hunter2" not in told(Loaf("rye")) + told({"X-Auth-Token": "hunter2", "Cookie": "hunter2"})


def test_a_frame_with_much_in_it_leaves_room_for_the_others() -> None:
    def first(much: Any) -> dict[str, str]:
        return teller.variables_of(sys._getframe())

    def other(little: Any) -> dict[str, str]:
        return teller.variables_of(sys._getframe())

    teller = Teller()
    first([[[1] * 12] * 12] * 12)
    assert other(7)["little"] == "7"


def test_more_than_can_be_read_is_not_written() -> None:
    teller = Teller()
    for number in range(1_000):
        teller.told(f"value{number}", [[1] * 12] * 12)
    assert teller.left < 0
    assert -teller.left < MOST_NODES
    assert teller.variables_of(sys._getframe()) == {}


@sensitive_variables("recipe")
def mixed(recipe: str, grain: str) -> dict[str, str]:
    return Teller().variables_of(sys._getframe())


def test_what_django_knows_to_be_sensitive_is_not_told() -> None:
    shown = mixed("three eggs", grain="rye")
    assert shown["recipe"] == HIDDEN
    assert shown["grain"] == "'rye'"
