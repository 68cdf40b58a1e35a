"""`descant dbwatch`: which indexes are missing, broken, unused, doubled, bloated or cold."""

import argparse

from descant.operate.commands import CommandFailed
from descant.operate.upgrading import aliases
from django_headroom.operations.performance.indexes import Bounds, idle_indexes, missing_indexes

NAME = "dbwatch"
HELP = "which indexes are missing, unused, bloated or cold; exit code 1 if any"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("database", nargs="*", help="such as p1; by default every one")
    parser.add_argument("--least-mb", type=float, default=8.0, help="leave smaller ones alone (default: 8)")
    parser.add_argument(
        "--seconds",
        type=float,
        default=0.0,
        help="judge by what is read in so many seconds (default: since the statistics were reset)",
    )


def run(options: argparse.Namespace) -> int:
    for alias in options.database:
        if alias not in aliases():
            raise CommandFailed(f"there is no database {alias!r}; there are {', '.join(aliases())}.")
    bounds = Bounds(least_bytes=int(options.least_mb * 1024**2), seconds=options.seconds)
    found = [
        finding
        for alias in options.database or aliases()
        for finding in [*missing_indexes(alias), *idle_indexes(alias, bounds)]
    ]
    for finding in found:
        print(*finding, sep="\t")
    if not found:
        print("Every index is there, and none is to be complained of.")
    return 1 if found else 0
