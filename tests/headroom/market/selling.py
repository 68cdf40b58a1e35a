"""A market where sellers and workers are processes of their own, one of which is killed again and again."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.db import connections

from django_headroom.delayed.models import Event
from django_headroom.delayed.receivers import Retry
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.processes import ended_by_kill, has_ended, in_a_process
from tests.headroom.market.shops.models import Shop

SELLERS, WORKERS = 2, 2
PAUSES = 0.02, 0.2  # seconds from one kill to the next, by chance
UNDONE = 3  # every third sale is
PATIENCE = 1200.0  # seconds, of which a quiet machine takes thirty for ten thousand sales


@dataclass(frozen=True)
class Exactness:
    """What has become of the sales."""

    sold: int
    lost: int
    """Sold, and nobody heard."""
    doubled: int
    """Effects in a database that are there twice."""
    undone: int
    """Heard, and never sold."""
    killed: int


def connect_bookkeeper(signal_: DelayedSignal) -> None:
    """Its effect, a row in another database, is there once for each sale."""
    signal_.connect(
        note, dispatch_uid="note", once_at="people", retry=Retry(tries=1_000, first=0.1, longest=1)
    )


def note(data: dict[str, str]) -> None:
    Person.objects.create(name=data["name"])


def sell_while_killed(sold: DelayedSignal, shop: Shop, *, sales: int, kills: int) -> Exactness:
    """Have so many things sold and heard, while processes are killed at random until all is sold, or so many were.

    Args:
        sold: with its receivers; see ``connect_bookkeeper``.
        sales: how many are not undone.
    """
    each = -(-sales * UNDONE // (UNDONE - 1) // SELLERS)
    acts: dict[int, Callable[[], None]] = {-number: work_on for number in range(1, WORKERS + 1)}
    acts |= {number: _selling(sold, shop, number, each) for number in range(SELLERS)}
    running = {role: in_a_process(act) for role, act in acts.items()}
    killed, deadline = 0, time.monotonic() + PATIENCE
    while _is_busy(running, shop):
        assert time.monotonic() < deadline, "not all is sold and heard"
        time.sleep(random.uniform(*PAUSES))
        role = random.choice(list(running))
        if killed < kills:
            os.kill(running[role], signal.SIGKILL)
            killed += ended_by_kill(running[role])  # who has just sold the last one has ended by herself
            running[role] = in_a_process(acts[role])
    for pid in running.values():
        os.kill(pid, signal.SIGKILL)
        ended_by_kill(pid)
    connections.close_all()
    return _compared(shop, killed)


def _is_busy(running: dict[int, int], shop: Shop) -> bool:
    """Whether somebody sells, or something was not heard; sellers who have sold all are let go."""
    for role in [role for role, pid in running.items() if role >= 0 and has_ended(pid)]:
        del running[role]
    return max(running) >= 0 or Event.objects.using(shop.partition).exists()


def _selling(sold: DelayedSignal, shop: Shop, seller: int, each: int) -> Callable[[], None]:
    return lambda: sell_all(sold, shop, seller, each)


def sell_all(sold: DelayedSignal, shop: Shop, seller: int, each: int) -> None:
    """From where one who was killed has come."""
    of_seller = Item.objects.of(shop).filter(maker=seller).order_by("-price")
    for number in range(sum(of_seller.values_list("price", flat=True)[:1]) + 1, each + 1):
        name = f"{seller}/{number}"
        with suppress(ZeroDivisionError), writing(shop):
            Item.objects.of(shop).create(name=name, maker_id=seller, price=number)
            sold.say(at=shop, name=name)
            if number % UNDONE == 0:
                raise ZeroDivisionError


def work_on() -> None:
    while True:
        if not drain("p1"):
            time.sleep(0.01)


def _compared(shop: Shop, killed: int) -> Exactness:
    sold = set(Item.objects.of(shop).values_list("name", flat=True))
    heard = Counter(Person.objects.values_list("name", flat=True))
    return Exactness(
        sold=len(sold),
        lost=len(sold - heard.keys()),
        doubled=sum(times - 1 for times in heard.values()),
        undone=len(heard.keys() - sold),
        killed=killed,
    )
