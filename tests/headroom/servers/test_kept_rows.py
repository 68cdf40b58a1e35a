"""Rows that are kept by their keys are never filled from a replica that lacks what was written last."""

from pathlib import Path
from typing import Any

import pytest

from django_headroom.caching import stores
from django_headroom.replicas import positions, watching
from django_headroom.testing import queries_counted
from django_headroom.updates import change
from tests.headroom.market.items.models import Loaf, Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.replica import Replica
from tests.headroom.servers.conftest import REPLICAS, until

pytestmark = pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True)


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, tmp_path: Path) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "CACHE_FOLDER": str(tmp_path / "own"), "CACHE_SECONDS": 2}


@pytest.fixture
def rye(_own_cache: None, near: Replica, bakery: Shop) -> Loaf:
    rye: Loaf = Loaf.objects.of(bakery).create(name="rye")
    return rye


def until_replayed(loaf: Loaf) -> None:
    """Until the replica has what was written; what a primary writes last may wait for the next commit to be sent."""
    position = positions.of_primary("p1")

    def has_all() -> bool:
        Shelf.objects.of(loaf.shop_id).create()
        watching.look_at("p1", "p1_replica")
        return watching.has_replayed("p1_replica", position)

    until(has_all, "the replica did not come there")


def copies_asked(loaf: Loaf) -> list[str]:
    """Where the row was asked for; where its tenant lives is the directory's own question."""
    with queries_counted() as spent:
        assert Loaf.rows.get(loaf.pk).name == loaf.name
    return [alias for alias in ("p1_replica", "p1") if spent.by_alias[alias]]


def test_what_a_replica_says_that_has_all_is_kept(rye: Loaf) -> None:
    until_replayed(rye)
    assert copies_asked(rye) == ["p1_replica"]
    assert copies_asked(rye) == []


def test_what_a_replica_says_that_lacks_the_last_write_is_not_kept(near: Replica, rye: Loaf) -> None:
    until_replayed(rye)
    near.pause()
    change(rye, price=5)
    watching.look_at("p1", "p1_replica")
    for _ in range(2):
        assert copies_asked(rye) == ["p1_replica"], "a stranger may read it, but nobody keeps it"
    near.resume()
    until_replayed(rye)
    assert Loaf.rows.get(rye.pk).price == 5
    assert copies_asked(rye) == []


def test_nor_is_what_it_says_of_a_row_whose_last_write_nobody_remembers(near: Replica, rye: Loaf) -> None:
    until_replayed(rye)
    near.pause()
    change(rye, price=5)
    stores.store().drop(f"row/items.loaf/{rye.pk}")  # as an eviction does
    watching.look_at("p1", "p1_replica")
    for _ in range(2):
        assert copies_asked(rye) == ["p1_replica"]


def test_a_row_that_the_replica_has_not_got_yet_is_read_and_kept_from_the_primary(
    near: Replica, rye: Loaf, bakery: Shop
) -> None:
    until_replayed(rye)
    near.pause()
    oat = Loaf.objects.of(bakery).create(name="oat")
    assert copies_asked(oat) == ["p1_replica", "p1"]
    assert copies_asked(oat) == []
