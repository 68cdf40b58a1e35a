"""What a request has written is seen by the jobs that it sends, however far behind the replicas are."""

import pytest
from django.db import transaction

from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.replicas import NotCommitted, near_copy, positions, session, written_so_far
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.replica import Replica
from tests.headroom.servers.behind import count, write_as
from tests.headroom.servers.conftest import REPLICAS, until

pytestmark = pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True)


def test_a_worker_sees_what_woke_it(near: Replica, bakery: Shop) -> None:
    heard: list[int] = []
    baked = DelayedSignal("baked_behind", schema=1)
    baked.connect(lambda said, event_id: heard.append(count(bakery)), dispatch_uid="count")
    near.pause()
    with session("u7"), writing(bakery) as alias:
        Item.objects.of(bakery).create(name="rye")
        baked.say(at=alias)
    drain("p1")
    assert heard == [1]


def test_a_position_travels_into_a_job(near: Replica, bakery: Shop) -> None:
    """The job is nobody in particular, and may begin before the request that sent it has ended."""
    near.pause()
    sent: list[str] = []
    with session("u7"):
        with (
            pytest.raises(NotCommitted, match=r"ask after it, as in transaction\.on_commit"),
            writing(bakery),
        ):
            Item.objects.of(bakery).create(name="oat")
            written_so_far()
        with writing(bakery) as alias:
            Item.objects.of(bakery).create(name="rye")
            transaction.on_commit(lambda: sent.append(written_so_far()), using=alias)

        def job(_: int) -> tuple[int, str]:
            with session(past=sent[0]):
                return count(bakery), near_copy("p1")

        assert together(2, job) == [(1, "p1")] * 2
    near.resume()
    until(lambda: job(0) == (1, "p1_replica"), "a replica that is as far was not read")
    with session():
        assert written_so_far() == "", "nothing was written"


def test_a_jobs_position_and_a_readers_own_count_both(near: Replica, bakery: Shop) -> None:
    with session("u8"), writing(bakery):
        Item.objects.of(bakery).create(name="rye")
        early = positions.of_now("p1")
    near.pause()
    write_as("u7", bakery)
    with session("u7", past=f"p1 {early.timeline} {early.place}"):
        assert count(bakery) == 2
    with session("u7", past=f"p1 {early.timeline + 1} {early.place}"):
        assert near_copy("p1") == "p1", "of another history"
