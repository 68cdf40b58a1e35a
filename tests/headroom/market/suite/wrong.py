"""Tests of a small project, each of which must fail under Django's runner and under pytest, and says why."""

import socket
import threading

from django.core.cache import cache
from django.test import TestCase, TransactionTestCase

from django_headroom.delayed.models import Event
from django_headroom.testing import NothingLeft, QueryCounts
from tests.headroom.market.people.models import Person


class TooMany(QueryCounts, TestCase):
    """More queries than the class allows."""

    databases = {"default", "people"}
    most_queries = 1

    def test_two(self) -> None:
        Person.objects.count()
        cache.get("offer")
        Person.objects.count()


class LeavesAThread(NothingLeft, TransactionTestCase):
    """A thread that does not end by itself."""

    databases = {"default", "people"}

    def test_begin(self) -> None:
        threading.Thread(target=threading.Event().wait, name="a baker", daemon=True).start()


class LeavesAKey(NothingLeft, TestCase):
    """A key that the next test would find."""

    def test_keep(self) -> None:
        cache.set("bread", "rye")


class OtherDatabase(TestCase):
    """A database that the test has not declared."""

    databases = {"default"}

    def test_ask(self) -> None:
        Person.objects.count()


class Pages(TestCase):
    """Pages that cost more than they may, or of which nobody has said what they may cost."""

    databases = {"default", "people"}

    def test_a_dear_one(self) -> None:
        self.client.get("/shops/?twice")

    def test_a_new_one(self) -> None:
        self.client.get("/new/")


class Abroad(TestCase):
    """A call to a host that is not listed."""

    def test_call(self) -> None:
        socket.create_connection(("192.0.2.1", 80), timeout=1)


class Failing(QueryCounts, TestCase):
    """For another reason: it shows what it has sent."""

    databases = {"default", "people"}

    def test_compare(self) -> None:
        Event.objects.using("default").create(signal="baked", schema=1, payload={"loaves": 3})
        assert Person.objects.count() == 1
