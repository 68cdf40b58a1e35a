"""Scheduled jobs have one owner and a limit, and are missed if they do not run; walks go on; tasks are called."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_headroom.delayed import signals
from django_headroom.delayed.jobs import scheduling
from django_headroom.delayed.jobs.scheduling import every, late_jobs, run_due_jobs
from django_headroom.delayed.jobs.tasks import task
from django_headroom.delayed.jobs.walks import walk_on
from django_headroom.delayed.models import Event, Job, Walk
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
called: list[Any] = []


@pytest.fixture(autouse=True)
def _no_job_stays() -> Iterator[None]:
    before = dict(scheduling._schedules)
    scheduling._schedules.clear()
    called.clear()
    yield
    scheduling._schedules.clear()
    scheduling._schedules.update(before)


def let_time_pass(seconds: float) -> None:
    for job in Job.objects.using("default"):
        for name in ("due_at", "owned_until", "since", "succeeded_at"):
            before = getattr(job, name)
            setattr(job, name, before and before - timedelta(seconds=seconds))
        job.save()


def test_a_job_runs_when_it_is_due_and_by_one_owner() -> None:
    @every(60, name="sweep", limit=10)
    def sweep() -> None:
        called.append("sweep")
        assert run_due_jobs() == [], "it is taken"

    assert (run_due_jobs(), run_due_jobs(), called) == (["sweep"], [], ["sweep"])
    let_time_pass(61)
    assert (run_due_jobs(), called) == (["sweep"], ["sweep"] * 2)


def test_a_job_whose_owner_has_died_is_taken_up_when_its_limit_is_over() -> None:
    every(60, name="sweep", limit=10)(lambda: called.append("sweep"))
    run_due_jobs()
    job = Job.objects.using("default").get()
    job.owner, job.owned_until = "12345678123456781234567812345678", timezone.now() + timedelta(seconds=15)
    job.due_at = timezone.now()
    job.save()
    assert run_due_jobs() == []
    let_time_pass(16)
    assert run_due_jobs() == ["sweep"]


def test_a_job_that_takes_too_long_is_stopped_and_one_that_fails_says_why() -> None:
    every(60, name="long", limit=0.05)(lambda: time.sleep(60))
    every(60, name="wrong")(lambda: 1 / 0)
    every(60, name="good")(lambda: None)
    assert run_due_jobs() == ["good"]
    errors = {job.name: job.error for job in Job.objects.using("default")}
    assert "long took more than 0.05 seconds" in errors["long"]
    assert "ZeroDivisionError" in errors["wrong"]


def test_that_a_job_did_not_run_is_an_alarm() -> None:
    every(60, name="good", limit=10)(lambda: None)
    every(60, name="wrong", limit=10)(lambda: 1 / 0)
    assert late_jobs() == [], "they are new"
    run_due_jobs()
    let_time_pass(139)
    assert late_jobs() == []
    let_time_pass(2)
    assert [job.name for job in late_jobs()] == ["good", "wrong"]
    run_due_jobs()
    assert [job.name for job in late_jobs()] == ["wrong"]


def test_a_walk_goes_on_where_it_was_killed_and_changes_each_row_once(bakery: Shop) -> None:
    with writing(bakery):
        for number in range(25):
            Item.objects.of(bakery).create(name=str(number))
    rows = Item.objects.of(bakery)
    windows: list[int] = []

    def raise_price(found: Any) -> None:
        for item in found:
            item.price += 1
            item.save(using="p1", update_fields=["price"])
        windows.append(len(found))
        if len(windows) == 2:
            raise KeyboardInterrupt  # as if the process ended here

    with pytest.raises(KeyboardInterrupt):
        walk_on("prices", rows, raise_price, step=10, share=1)
    assert Walk.objects.using("p1").get().walked == 10
    walk = walk_on("prices", rows, raise_price, step=10, share=1, pause=lambda: called.append("pause"))
    assert (walk.walked, windows, called) == (25, [10, 10, 10, 5], ["pause"])
    assert set(rows.values_list("price", flat=True)) == {1}
    walk_on("prices", rows, raise_price, step=10)
    assert len(windows) == 4, "it has ended"


def add(first: int, *, second: int) -> None:
    called.append(first + second)


def test_a_task_is_called_with_what_was_written_down() -> None:
    adding = task(add)
    try:
        adding.enqueue(1, second=2)
        assert called == []
        drain("default")
        assert called == [3]
        with pytest.raises(ZeroDivisionError), writing("default"):
            adding.enqueue(1, second=3)
            raise ZeroDivisionError
        adding.using(at="p1", run_after=timezone.now() + timedelta(hours=1)).enqueue(1, second=4)
        assert (drain("default"), drain("p1")) == (0, 0), "undone; and too early"
        Event.objects.using("p1").update(due_at=timezone.now())
        assert (drain("p1"), called) == (1, [3, 5])
        adding.call(2, second=2)
        assert called[-1] == 4
    finally:
        signals._signals.pop(adding.name)
