"""Each request is held against the budget of its route; a route without one is told, and a budget without a route."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import AsyncClient, Client

from django_headroom.testing import BudgetExceeded, RouteBudgets, route_budgets
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.suite.settings import HERE
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)
FILE = HERE / "budgets.toml"


@pytest.fixture(autouse=True)
def _addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.headroom.market.suite.urls"


@pytest.fixture
def client() -> Iterator[Client]:
    with route_budgets(FILE):
        yield Client()


def test_a_request_within_its_budget_is_answered(client: Client, bakery: Shop) -> None:
    assert client.get("/shops/").content == b"bakery"
    assert client.get("/").content == b"nothing"


def test_a_dearer_one_fails_with_its_queries(client: Client, bakery: Shop) -> None:
    with pytest.raises(BudgetExceeded) as failure:
        client.get("/shops/?twice")
    told = str(failure.value)
    assert told.startswith(f"2 queries for GET 'shops/', 1 allowed by {FILE}:\ndefault: 2 in ")
    assert "tests/headroom/market/suite/urls.py:" in told


def test_a_route_without_a_budget_fails_and_says_what_to_write(client: Client, ann: Person) -> None:
    with pytest.raises(BudgetExceeded, match=r"No budget for GET 'new/' in .*, write \"new/\" = 1 there"):
        client.get("/new/")


def test_a_method_may_have_a_budget_of_its_own(client: Client, ann: Person) -> None:
    assert client.get("/people/2/").status_code == client.post("/people/1/").status_code == 200
    with pytest.raises(BudgetExceeded, match=r"^3 queries for GET 'people/<int:number>/', 2 allowed"):
        client.get("/people/3/")
    with pytest.raises(BudgetExceeded, match=r"^2 queries for POST 'people/<int:number>/', 1 allowed"):
        client.post("/people/2/")


def test_a_kind_of_database_may_have_a_budget_of_its_own() -> None:
    budgets = RouteBudgets(Path("b.toml"), {"shops/": {connection.vendor: 4, "another": 9}})
    assert budgets.most("GET", "shops/") == 4


def test_an_address_that_nobody_has_is_not_judged(client: Client) -> None:
    assert client.get("/nobody/").status_code == 404


def test_what_the_test_and_other_threads_send_is_not_the_requests(client: Client, bakery: Shop) -> None:
    Shop.objects.count()
    assert client.get("/shops/?beside").status_code == 200


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_an_async_view_is_judged_as_well(ann: Person) -> None:
    async def ask() -> bytes:
        try:
            return (await AsyncClient().get("/later/")).content
        finally:
            await sync_to_async(connections.close_all)()

    with route_budgets(FILE):
        assert asyncio.run(ask()) == b"1"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_an_async_view_that_is_too_dear_fails(tmp_path: Path, ann: Person) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text('"later/" = 0\n')

    async def ask() -> None:
        try:
            await AsyncClient().get("/later/")
        finally:
            await sync_to_async(connections.close_all)()

    with route_budgets(file), pytest.raises(BudgetExceeded, match=r"^1 queries for GET 'later/', 0 allowed"):
        asyncio.run(ask())


def test_of_two_files_both_hold(client: Client, tmp_path: Path, bakery: Shop) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text('"shops/" = 0\n')
    with route_budgets(file), pytest.raises(BudgetExceeded, match="0 allowed"):
        Client().get("/shops/")
    assert client.get("/shops/").status_code == 200


def test_routes_and_lines_that_have_no_counterpart_are_told(tmp_path: Path) -> None:
    assert RouteBudgets.read(FILE).faults() == [f"'new/' has no budget in {FILE}."]
    file = tmp_path / "budgets.toml"
    file.write_text(FILE.read_text() + '"new/" = 1\n"GET old/" = 1\n')
    assert RouteBudgets.read(file).faults() == [f"'old/' has a budget in {file}, and there is no such route."]


def test_it_ends_with_its_block(bakery: Shop) -> None:
    with route_budgets(FILE):
        pass
    assert Client().get("/shops/?twice").status_code == 200
