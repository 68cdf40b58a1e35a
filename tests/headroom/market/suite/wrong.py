"""Tests for Django's own runner, each of which must fail, and says why."""

import threading

from django.test import TestCase, TransactionTestCase

from django_headroom.testing import NothingLeft, QueryCounts
from tests.headroom.market.people.models import Person


class TooMany(QueryCounts, TestCase):
    """More queries than the class allows."""

    databases = {"default", "people"}
    most_queries = 1

    def test_two(self) -> None:
        Person.objects.count()
        Person.objects.count()


class LeavesAThread(NothingLeft, TransactionTestCase):
    """A thread that does not end by itself."""

    databases = {"default", "people"}

    def test_begin(self) -> None:
        threading.Thread(target=threading.Event().wait, name="a baker", daemon=True).start()
