"""Tests of a small project, which pass under Django's runner and under pytest: so that two processes can share them."""

from datetime import timedelta
from urllib.request import urlopen

from django.db import connections
from django.test import LiveServerTestCase, TestCase, TransactionTestCase
from django.utils import timezone

from django_headroom.testing import NothingLeft, QueryCounts, ReadOnlyAlias, frozen_time, replica_lag
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop


class InATransaction(QueryCounts, NothingLeft, TestCase):
    """The replica has its primary's connection."""

    databases = {"default", "p1", "p1_replica"}
    most_queries = 6

    def setUp(self) -> None:
        self.shop = Shop.objects.create(name="bakery", partition="p1")

    def test_the_replica_sees_what_the_test_wrote(self) -> None:
        Item.objects.of(self.shop).create(name="rye")
        with self.assertQueryCount(1, "p1_replica"):
            assert Item.objects.of(self.shop).using("p1_replica").count() == 1

    def test_the_replica_takes_no_writes(self) -> None:
        with self.assertRaises(ReadOnlyAlias):  # noqa: PT027 - no pytest here
            Item.objects.of(self.shop).using("p1_replica").update(price=1)
        assert Item.objects.of(self.shop).using("p1_replica").count() == 0

    def test_the_replica_can_lag(self) -> None:
        with replica_lag():
            Item.objects.of(self.shop).create(name="rye")
            assert not Item.objects.of(self.shop).using("p1_replica").exists()


class InTheOpen(NothingLeft, TransactionTestCase):
    """The replica has a connection of its own."""

    databases = {"default", "p1", "p1_replica"}

    def test_the_replica_is_no_proxy_and_takes_no_writes(self) -> None:
        shop = Shop.objects.create(name="bakery", partition="p1")
        assert type(connections["p1_replica"]) is type(connections["p1"])
        with self.assertRaises(ReadOnlyAlias):  # noqa: PT027 - no pytest here
            Item.objects.of(shop).using("p1_replica").update(price=1)


class Pages(TestCase):
    """Each request is held against the budget of its route."""

    databases = {"default", "people"}

    def test_a_page_within_its_budget(self) -> None:
        assert self.client.get("/shops/").status_code == 200

    def test_time_stands_still(self) -> None:
        with frozen_time() as clock:
            before = timezone.now()
            clock.move(days=1)
            assert timezone.now() - before == timedelta(days=1)


class OfAServer(LiveServerTestCase):
    """A server in another thread of this process may be called, and its pages have budgets as well."""

    databases = {"default"}

    def test_a_page_of_a_live_server(self) -> None:
        with urlopen(f"{self.live_server_url}/shops/") as answer:
            assert answer.status == 200
