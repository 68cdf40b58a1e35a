"""`descant partition list|skip-ahead`: what the partitions say of themselves, and what follows a restore."""

import argparse

from descant.operate.commands import CommandFailed
from django_headroom import ids
from django_headroom.conf import headroom

NAME = "partition"
HELP = "list the partitions; after a restore or a promotion, skip ids"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="print alias, slot and epoch of each")
    skip = verbs.add_parser(
        "skip-ahead", help="let ids go on beyond all that may have been given since the copy"
    )
    skip.add_argument("partition", help="such as p1")
    skip.add_argument(
        "--gap", type=int, default=1_000_000, help="more than the rows written since (1,000,000)"
    )


def run(options: argparse.Namespace) -> int:
    if options.verb == "list":
        for alias in headroom().partitions:
            print(alias, headroom().slots[alias], ids.epoch(alias), sep="\t")
        return 0
    if options.partition not in headroom().slots:
        raise CommandFailed(
            f"there is no partition {options.partition!r}; `descant partition list` names them."
        )
    if options.gap < 1:
        raise CommandFailed(
            "the gap is a number of ids from 1: name more than were given since the copy was made."
        )
    epoch = ids.skip_ahead(options.partition, gap=options.gap)
    print(f"{options.partition}: ids go on {options.gap:,} further in each table, in epoch {epoch}.")
    return 0
