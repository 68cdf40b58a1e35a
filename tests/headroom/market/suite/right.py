"""Tests for Django's own runner, which pass: in two classes, so that two processes can share them."""

from django.db import connections
from django.test import TestCase, TransactionTestCase

from django_headroom.testing import NothingLeft, QueryCounts, ReadOnlyAlias, replica_lag
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
