"""Run with the settings of the toolkit's test site: what its outbox bears, one part, as one line of JSON.

python -m bench.rig.after.market kills
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import override_settings  # noqa: E402

from bench.rig.after import telling  # noqa: E402
from django_headroom.conf import headroom  # noqa: E402
from django_headroom.delayed.signals import DelayedSignal  # noqa: E402
from tests.headroom.market.selling import connect_bookkeeper, sell_while_killed  # noqa: E402
from tests.headroom.market.shops.models import Shop  # noqa: E402
from tests.headroom.settings import HEADROOM  # noqa: E402

SALES, KILLS = 10_000, 200


def main() -> None:
    for alias in ("default", "people", "p1", "p2"):
        call_command("migrate", database=alias, verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(PARTS[sys.argv[1]](Path(folder))))


def kills(folder: Path) -> dict[str, float]:
    """Two sellers and two workers, of which one is killed again and again."""
    with override_settings(HEADROOM={**HEADROOM, "DELAYED_LEASE_SECONDS": 2}):
        assert headroom().delayed_lease_seconds == 2
        sold = DelayedSignal("sold", schema=1)
        connect_bookkeeper(sold)
        shop = Shop.objects.create(name="bakery", partition="p1")
        found = sell_while_killed(sold, shop, sales=SALES, kills=KILLS)
    return {
        "events": found.sold,
        "kills": found.killed,
        "lost": found.lost,
        "doubled": found.doubled,
        "undone_heard": found.undone,
    }


def sustained(folder: Path) -> dict[str, float]:
    return telling.sustained(folder) if connections["p1"].vendor == "postgresql" else {}


PARTS: dict[str, Callable[[Path], dict[str, float]]] = {
    "kills": kills,
    "idle": telling.idle,
    "rates": telling.rates,
    "flood": telling.beside_a_flood,
    "sustained": sustained,
}

if __name__ == "__main__":
    main()
