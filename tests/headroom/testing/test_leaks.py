"""What a test leaves behind is told: rows, transactions, threads, connections, settings."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections, transaction
from django.test import override_settings

from django_headroom.delayed.models import Event
from django_headroom.ids import leave_word
from django_headroom.testing import Leaked, nothing_left
from django_headroom.testing.leaks import Watch
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def left_by(act: Callable[[], object]) -> str:
    with pytest.raises(Leaked) as failure, nothing_left(*DATABASES):
        act()
    return str(failure.value)


def test_nothing_left_is_no_fault() -> None:
    with nothing_left(*DATABASES):
        Person.objects.create(name="Ann").delete()
        with transaction.atomic("people"):
            Person.objects.count()
        thread = threading.Thread(target=lambda: (Person.objects.count(), connections.close_all()))
        thread.start()


def test_rows_are_told_by_table_and_alias() -> None:
    told = left_by(lambda: [Person.objects.create(name="Ann") for _ in range(3)])
    assert told == "Left behind: 3 rows in people_person of 'people'."


def test_an_event_that_nobody_has_heard_is_a_row() -> None:
    told = left_by(lambda: Event.objects.using("p2").create(signal="told", schema=1, payload={}))
    assert told == "Left behind: 1 rows in delayed_event of 'p2'."


def test_a_word_that_was_left_of_a_row_is_a_row(butcher: Shop) -> None:
    left = Item(pk=1 + 1024 * 77, shop_id=butcher.pk, name="ham")  # as who carries rows over finds it there
    Item._base_manager.using("p1").bulk_create([left])
    try:
        told = left_by(lambda: leave_word("p1", Item, butcher.pk))
        assert told == "Left behind: 1 rows in headroom_departed of 'p1'."
    finally:
        with connections["p1"].cursor() as cursor:
            cursor.execute("DELETE FROM headroom_departed")


def test_rows_that_were_there_are_nobodys_fault() -> None:
    Person.objects.create(name="Ann")
    with nothing_left("people"):
        Person.objects.get().save()


def test_an_open_transaction_is_told() -> None:
    atomic = transaction.atomic("people")

    def begin() -> None:
        atomic.__enter__()
        Person.objects.create(name="Ann")

    assert left_by(begin) == "Left behind: an open transaction on 'people'."
    transaction.set_rollback(True, using="people")
    atomic.__exit__(None, None, None)


@pytest.fixture
def baker() -> Iterator[threading.Thread]:
    """A thread that has asked a database, and does not end by itself."""
    end, ready = threading.Event(), threading.Event()

    def work() -> None:
        Person.objects.count()
        ready.set()
        end.wait()
        connections.close_all()

    class Baker(threading.Thread):
        def start(self) -> None:
            super().start()
            ready.wait()

    thread = Baker(target=work, name="a baker")
    yield thread
    end.set()
    thread.join()


def test_a_thread_and_its_connection_are_told(baker: threading.Thread) -> None:
    told = left_by(baker.start)
    assert told == "Left behind: the thread 'a baker'; a connection to 'people', opened by another thread."


def test_a_thread_that_is_kept_may_keep_its_connection(baker: threading.Thread) -> None:
    watch = Watch(kept=("a baker",))
    watch.begin(DATABASES)
    baker.start()
    watch.check()


def test_keys_are_told_once_and_are_gone() -> None:
    def keep() -> None:
        cache.set("bread", "rye")
        cache.set_many({"ham": 1, "milk": 2})
        cache.add("salt", 1)
        cache.delete("milk")

    assert left_by(keep) == "Left behind: 3 keys in the cache 'default': 'bread', 'ham', 'salt'."
    assert cache.get_many(["bread", "ham", "salt"]) == {}


def test_a_key_that_was_there_is_nobodys_fault() -> None:
    cache.set("bread", "rye")
    with nothing_left():
        cache.get("bread")
    cache.delete("bread")


def test_settings_that_were_not_set_back_are_told(settings: Any) -> None:
    changed = override_settings(HEADROOM={**settings.HEADROOM, "DELAYED_TRIES": 3})
    try:
        assert left_by(changed.enable) == "Left behind: HEADROOM with another DELAYED_TRIES."
    finally:
        changed.disable()
