"""writing(place) is one transaction on one named database."""

import contextlib
import random
from collections.abc import Iterator

import pytest
from django.db import connections, transaction

from django_headroom.transactions import SecondDatabase, after_commit, alias_of, writing
from django_headroom.transactions.writing import _after_commit
from django_headroom.updates.chains import Chain
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.market.wire import on_the_wire

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


class Spoilt(Exception):
    """Something goes wrong in the middle."""


def test_it_commits_when_it_ends(bakery: Shop) -> None:
    with writing(bakery) as alias:
        assert alias == "p1"
        assert connections["p1"].in_atomic_block
        Item.objects.of(bakery).create(name="rye")
    assert not connections["p1"].in_atomic_block
    assert together(1, lambda _: Item.objects.using("p1").count()) == [1], "another connection sees it"


def test_an_exception_undoes_all_of_it(bakery: Shop, shelf: Shelf) -> None:
    with pytest.raises(Spoilt), writing(shelf):
        Item.objects.of(bakery).create(name="rye")
        raise Spoilt
    assert not Item.objects.using("p1").exists()
    assert not connections["p1"].in_atomic_block


def test_an_inner_one_on_the_same_database_undoes_its_own_part_only(bakery: Shop) -> None:
    with writing(bakery):
        Item.objects.of(bakery).create(name="rye")
        with pytest.raises(Spoilt), writing("p1"):
            Item.objects.of(bakery).create(name="oat")
            raise Spoilt
    assert [item.name for item in Item.objects.using("p1")] == ["rye"]


def test_a_second_database_is_refused_with_the_cure(bakery: Shop, butcher: Shop) -> None:
    with (
        writing(bakery),
        pytest.raises(SecondDatabase, match=r"on 'p1' is open.*for 'p2'.*delayed signal"),
        writing(butcher),
    ):
        raise AssertionError("the second one was opened")
    with writing(butcher):
        Item.objects.of(butcher).create(name="ham")


def test_a_write_to_a_second_database_is_refused_before_it_is_sent_and_reading_is_free(
    bakery: Shop, butcher: Shop
) -> None:
    with on_the_wire("p2") as sent, writing(bakery):
        Item.objects.of(bakery).create(name="rye")
        with transaction.atomic(using="p2"), transaction.atomic(using="p2"):
            assert not Item.objects.of(butcher).exists()
        for write in (
            lambda: Item.objects.of(butcher).create(name="ham"),
            lambda: Item.objects.of(butcher).update(price=1),
            lambda: Item.objects.of(butcher).bulk_create([Item(name="ham")]),
            lambda: Person.objects.create(name="Bea"),
        ):
            with pytest.raises(
                SecondDatabase, match=r"A write to '(p2|people)' inside a transaction on 'p1'"
            ):
                write()
    assert not any(sql.startswith(("INSERT", "UPDATE")) for sql in sent)
    assert [item.name for item in Item.objects.using("p1")] == ["rye"], "the first is kept"
    Item.objects.of(butcher).create(name="ham")


def test_what_waits_for_the_commit_may_write_elsewhere(bakery: Shop, butcher: Shop) -> None:
    def follow() -> None:
        with writing(butcher):
            Item.objects.of(butcher).create(name="ham")

    with writing(bakery):
        transaction.on_commit(follow, using="p1")
    assert [item.name for item in Item.objects.using("p2")] == ["ham"]


def test_whatever_is_opened_and_fails_a_write_never_lands_in_a_second_database(
    bakery: Shop, butcher: Shop, ann: Person
) -> None:
    """Blocks drawn by chance, one in another; beside them what should have been written, and where."""
    dice = random.Random(1)
    places: dict[str, Shop | str] = {"p1": bakery, "p2": butcher, "people": "people"}
    written: dict[str, int] = {"p1": 0, "p2": 0, "people": 1}

    def write(alias: str) -> None:
        if alias == "people":
            Person.objects.create(name="Bea")
        else:
            Item.objects.of(places[alias]).create(name="x")

    def block(around: str | None, depth: int) -> dict[str, int]:
        """What a block has written, if it is kept."""
        alias, mine, is_spoilt = dice.choice([*places]), {}, dice.random() < 0.3
        allowed = around in (None, alias)
        with contextlib.suppress(SecondDatabase if not allowed else Spoilt), writing(places[alias]):
            assert allowed
            for target in dice.choices([*places], k=3):
                with contextlib.nullcontext() if target == alias else pytest.raises(SecondDatabase):
                    write(target)
                    mine[target] = mine.get(target, 0) + 1
            if depth and dice.random() < 0.7:
                for inner, count in block(alias, depth - 1).items():
                    mine[inner] = mine.get(inner, 0) + count
            if is_spoilt:
                raise Spoilt
            return mine
        return {}

    for _ in range(60):
        for alias, count in block(None, 3).items():
            written[alias] += count
    found = {alias: Item.objects.using(alias).count() for alias in ("p1", "p2")}
    assert {**found, "people": Person.objects.count()} == written
    assert min(written.values()) > 1, "there was something to see"


def test_after_a_failure_the_next_database_is_free(bakery: Shop, butcher: Shop) -> None:
    with pytest.raises(Spoilt), writing(bakery):
        raise Spoilt
    with writing(butcher) as alias:
        assert alias == "p2"


def test_each_thread_has_its_own(bakery: Shop, butcher: Shop) -> None:
    def write(number: int) -> str:
        shop = (bakery, butcher)[number % 2]
        with writing(shop) as alias:
            Item.objects.of(shop).create(name="x")
        return alias

    assert sorted(together(4, write)) == ["p1", "p1", "p2", "p2"]


def test_a_place_is_a_tenant_a_row_or_an_alias(butcher: Shop, ann: Person) -> None:
    ham = Item.objects.of(butcher).create(name="ham")
    assert [alias_of(place) for place in (butcher, ham, ann, "p2")] == ["p2", "p2", "people", "p2"]


def test_the_place_of_a_replica_is_its_primary(shelf: Shelf) -> None:
    shelf._state.db = "p1_replica"
    assert alias_of(shelf) == alias_of("p1_replica") == "p1"
    with writing(shelf) as alias:
        assert alias == "p1"


def test_a_row_that_was_not_saved_is_no_place(butcher: Shop) -> None:
    with pytest.raises(ValueError, match="name a tenant or an alias"), writing(Item(shop=butcher)):
        raise AssertionError("it was opened")


def test_two_that_are_declared_are_undone_together(bakery: Shop, butcher: Shop) -> None:
    with pytest.raises(Spoilt), writing(bakery, and_also=butcher):
        Item.objects.of(bakery).create(name="rye")
        Item.objects.of(butcher).create(name="ham")
        raise Spoilt
    assert not Item.objects.using("p1").exists()
    assert not Item.objects.using("p2").exists()
    with writing(bakery, and_also=butcher) as alias, writing(butcher) as inner:
        Item.objects.of(bakery).create(name="rye")
        Item.objects.of(butcher).create(name="ham")
        assert (alias, inner) == ("p1", "p2")
        with pytest.raises(SecondDatabase, match="for 'people'"), writing("people"):
            raise AssertionError("a third one was opened")
    assert [Item.objects.using(alias).count() for alias in ("p1", "p2")] == [1, 1]


def test_a_second_one_cannot_be_declared_halfway(bakery: Shop, butcher: Shop) -> None:
    with (
        writing(bakery),
        pytest.raises(SecondDatabase, match=r"writing\('p1', and_also='p2'\)"),
        writing(bakery, and_also=butcher),
    ):
        raise AssertionError("the second one was opened")


@pytest.fixture
def told() -> Iterator[list[str]]:
    found: list[str] = []
    before = list(_after_commit)

    @after_commit
    def note(alias: str) -> None:
        assert not connections[alias].in_atomic_block
        found.append(
            f"{alias} {len(together(1, lambda _: Item.objects.using(alias).values_list('name'))[0])}"
        )

    yield found
    _after_commit[:] = before


def test_each_outermost_commit_is_told_before_what_else_waits(bakery: Shop, told: list[str]) -> None:
    with writing(bakery):
        Item.objects.of(bakery).create(name="rye")
        transaction.on_commit(lambda: told.append("page"), using="p1")
        with writing(bakery):
            Item.objects.of(bakery).create(name="oat")
        assert told == []
    assert told == ["p1 2", "page"]


def test_what_was_undone_is_not_told(bakery: Shop, butcher: Shop, told: list[str]) -> None:
    with pytest.raises(Spoilt), writing(bakery):
        raise Spoilt
    with pytest.raises(Spoilt), transaction.atomic(using="p2"):
        with writing(butcher):
            pass
        assert told == [], "somebody else's transaction is open still"
        raise Spoilt
    assert told == []
    with writing(bakery, and_also=butcher):
        pass
    assert sorted(told) == ["p1 0", "p2 0"]


def test_a_write_without_a_block_is_told_at_once_and_in_a_block_once(
    bakery: Shop, shelf: Shelf, told: list[str]
) -> None:
    Chain("p1", head=shelf, when={}, by={"count": 1}).run()
    assert told == ["p1 0"]
    with writing(bakery):
        Chain("p1", head=shelf, when={}, by={"count": 1}).run()
        assert told == ["p1 0"]
    assert told == ["p1 0"] * 2
    with pytest.raises(Spoilt), transaction.atomic(using="p1"):
        Chain("p1", head=shelf, when={}, by={"count": 1}).run()
        raise Spoilt
    assert told == ["p1 0"] * 2


def test_a_listener_that_fails_breaks_nothing(bakery: Shop, told: list[str]) -> None:
    @after_commit
    def fail(alias: str) -> None:
        raise Spoilt

    with writing(bakery):
        Item.objects.of(bakery).create(name="rye")
    assert told == ["p1 1"]
