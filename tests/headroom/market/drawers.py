"""A process that draws ids: python -m tests.headroom.market.drawers THREADS ROUNDS p1=NAME p2=NAME; prints them."""

import sys

import django

django.setup()

from django.db import connections  # noqa: E402 - models and settings are ready only now

from django_headroom.ids import next_id, take  # noqa: E402
from tests.headroom.market.items.models import Item  # noqa: E402
from tests.headroom.market.threads import together  # noqa: E402


def main(threads: str, rounds: str, *databases: str) -> None:
    for alias, _, name in (word.partition("=") for word in databases):
        connections.settings[alias]["NAME"] = name
    aliases = [word.partition("=")[0] for word in databases]
    for drawn in together(int(threads), lambda number: draw(aliases[number % len(aliases)], int(rounds))):
        print(*drawn)


def draw(alias: str, rounds: int) -> list[int]:
    """One by one, from this process's blocks, and many at once."""
    drawn: list[int] = []
    for _ in range(rounds):
        drawn += [next_id(alias, Item) for _ in range(50)]
        drawn += take(alias, Item, 50)
    return drawn


if __name__ == "__main__":
    main(*sys.argv[1:])
