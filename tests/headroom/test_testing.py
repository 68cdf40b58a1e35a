"""A budget counts the queries to all databases together."""

import pytest

from django_headroom.testing import BudgetExceeded, queries_counted, query_budget
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=[*DATABASES, "p1_replica"], transaction=True)


def test_a_block_within_its_budget_passes(bakery: Shop, ann: Person) -> None:
    with query_budget(2) as spent:
        Item.objects.of(bakery).count()
        Person.objects.count()
    assert spent.count == 2
    assert [len(spent.by_alias[alias]) for alias in ("default", "people", "p1", "p2")] == [0, 1, 1, 0]


def test_a_block_over_its_budget_fails_and_shows_every_query(bakery: Shop, ann: Person) -> None:
    with pytest.raises(BudgetExceeded, match=r"2 queries, 1 allowed:\n[^\n]*\n") as failure, query_budget(1):
        Item.objects.of(bakery).count()
        Person.objects.get(name="Ann")
    assert 'p1: SELECT COUNT(*) AS "__count" FROM "items_item"' in str(failure.value)
    assert 'people: SELECT "people_person"."id"' in str(failure.value)


def test_the_words_of_a_transaction_are_not_counted(bakery: Shop) -> None:
    with queries_counted() as spent, writing(bakery), writing("p1"):
        Item.objects.of(bakery).count()
    assert spent.count == 1


def test_an_error_in_the_block_is_not_hidden_by_the_budget(bakery: Shop) -> None:
    with pytest.raises(Item.DoesNotExist), query_budget(0):
        Item.objects.of(bakery).get()
