"""People who write, and read from a replica that counts as near however far behind it is."""

from typing import Any

from django.core.cache.backends.locmem import LocMemCache

from django_headroom.replicas import read, session
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop

EVER_NEAR = {
    "REPLICA_LAG_BYTES": 2**40,
    "REPLICA_LAG_SECONDS": 10_000,
    "REPLICA_CHECK_SECONDS": 5,
    "REPLICA_ANSWER_SECONDS": 60,
    "REPLICA_POSITION_SECONDS": 20_000,
    "REPLICA_WAIT_SECONDS": 0.002,
}


class FailingCache(LocMemCache):
    """A cache that can be switched off."""

    is_down = False

    def get(self, *args: Any, **options: Any) -> Any:
        self._fail()
        return super().get(*args, **options)

    def get_many(self, *args: Any, **options: Any) -> Any:
        self._fail()
        return super().get_many(*args, **options)

    def set(self, *args: Any, **options: Any) -> None:
        self._fail()
        super().set(*args, **options)

    def _fail(self) -> None:
        if self.is_down:
            raise ConnectionRefusedError("The cache is away.")


def count(shop: Shop, seen: list[str] | None = None) -> int:
    def reading(alias: str) -> int:
        if seen is not None:
            seen.append(alias)
        return Item.objects.of(shop).using(alias).count()

    return read("p1", reading)


def count_as(actor: str, shop: Shop, seen: list[str] | None = None) -> int:
    with session(actor):
        return count(shop, seen)


def write_as(actor: str, shop: Shop) -> None:
    with session(actor), writing(shop):
        Item.objects.of(shop).create(name="rye")
