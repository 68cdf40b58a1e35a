"""What is said goes on to a real Celery, with its id, and waits here while the broker is away."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from django_headroom.delayed import signals
from django_headroom.delayed.forwarding import to_celery
from django_headroom.delayed.models import AT_ONCE, Event
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.headroom.market.celery_app import app_in
from tests.headroom.market.threads import DATABASES, until

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def sold(tmp_path: Path) -> Iterator[DelayedSignal]:
    app = app_in(tmp_path)
    signal = DelayedSignal("sold", schema=1)
    signal.connect(to_celery(app.tasks["bake"], retry=False), dispatch_uid="celery")
    yield signal
    signals._signals.pop("sold")
    app.close()


@contextmanager
def celery(box: Path) -> Iterator[None]:
    """Its worker, a process of its own."""
    words = ["-A", "tests.headroom.market.celery_app", "worker", "--pool=solo", "--without-gossip"]
    command = [sys.executable, "-m", "celery", *words, "--without-mingle", "--without-heartbeat"]
    with open(box / "log", "wb") as log:
        environment = {**os.environ, "BOX": str(box)}
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=120)


def say(signal: DelayedSignal, **told: Any) -> str:
    with writing("p1"):
        signal.say(at="p1", **told)
    return str(Event.objects.using("p1").latest("id").event_id)


def baked(box: Path) -> list[Any]:
    return [json.loads(line) for line in (box / "baked").read_text().splitlines()]


def test_events_reach_a_worker_of_celery_with_their_ids(sold: DelayedSignal, tmp_path: Path) -> None:
    (tmp_path / "messages").mkdir()
    said = [[say(sold, name=name), {"name": name}] for name in ("rye", "oat", "bun")]
    with pytest.raises(ZeroDivisionError), writing("p1"):
        sold.say(at="p1", name="undone")
        raise ZeroDivisionError
    assert drain("p1") == len(said)
    assert not Event.objects.using("p1").exists(), "the broker has them"
    with celery(tmp_path):
        until(
            lambda: (tmp_path / "baked").exists() and len(baked(tmp_path)) >= len(said), "not all came", 300
        )
    assert sorted(baked(tmp_path)) == sorted(said)


def test_while_the_broker_is_away_the_event_waits_here(sold: DelayedSignal, tmp_path: Path) -> None:
    (tmp_path / "messages").write_text("this is no folder")
    say(sold, name="rye")
    drain("p1")
    assert Event.objects.using("p1").get().only == "celery"
    (tmp_path / "messages").unlink()
    (tmp_path / "messages").mkdir()
    Event.objects.using("p1").update(due_at=AT_ONCE)
    assert drain("p1") == 1
    assert not Event.objects.using("p1").exists()
    assert len(list((tmp_path / "messages").iterdir())) == 1
