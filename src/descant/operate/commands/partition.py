"""`descant partition list|totals|skip-ahead`: what the partitions hold, and what to do after a restore."""

import argparse
import sys
import time

from django.db import InterfaceError, InternalError, OperationalError, connections
from django.db.models import Count, Max

from descant.discussion.models import Comment, Thread
from descant.operate.commands import CommandFailed
from django_headroom import ids
from django_headroom.caching.slots import slots
from django_headroom.conf import headroom

NAME = "partition"
HELP = "list the partitions, or what all hold together; after a restore or a promotion, skip ids"
REFUSALS = (ids.NoTimeline,)
ASK_AGAIN = 0.5  # seconds
COUNTED_WITHIN = 60  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="print alias, slot and epoch of each")
    verbs.add_parser("totals", help="print how much all of them hold together")
    skip = verbs.add_parser(
        "skip-ahead", help="let ids go on beyond all that may have been given since the copy"
    )
    skip.add_argument("partition", help="such as p1")
    skip.add_argument(
        "--gap", type=int, default=1_000_000, help="more than the rows written since (1,000,000)"
    )
    skip.add_argument(
        "--promoted", action="store_true", help="only if another server has taken over since; may be repeated"
    )
    skip.add_argument(
        "--wait", type=float, default=60, help="seconds in which it must take writes, with --promoted (60)"
    )


def run(options: argparse.Namespace) -> int:
    if options.verb == "list":
        for alias in headroom().partitions:
            print(alias, headroom().slots[alias], ids.epoch(alias), sep="\t")
        return 0
    if options.verb == "totals":
        return print_totals()
    alias, gap = options.partition, options.gap
    if alias not in headroom().slots:
        raise CommandFailed(f"there is no partition {alias!r}; `descant partition list` names them.")
    if gap < 1:
        raise CommandFailed(
            "the gap is a number of ids from 1: name more than were given since the copy was made."
        )
    epoch = (
        skip_when_promoted(alias, gap, options.wait) if options.promoted else ids.skip_ahead(alias, gap=gap)
    )
    if epoch is None:
        print(f"{alias}: no other server has taken over since its ids were seen to; nothing was done.")
    else:
        slots().raise_everything()  # what is kept was made of rows that may have gone
        print(f"{alias}: ids go on {gap:,} further in each table, in epoch {epoch}.")
    return 0


def print_totals() -> int:
    """Over every partition at once; one that does not answer is missing, and named."""
    threads = Thread.objects.count_across_partitions(seconds=COUNTED_WITHIN)
    said = Comment.objects.aggregate_across_partitions(
        comments=Count("pk"), last=Max("created_at"), seconds=COUNTED_WITHIN
    )
    print("threads", threads.value, sep="\t")
    print("comments", said["comments"], sep="\t")
    print("last comment", said["last"].isoformat(timespec="seconds") if said["last"] else "none", sep="\t")
    missing = {**threads.partial, **said.partial}
    for alias, reason in missing.items():
        print(f"{alias} is not in these numbers: {reason}", file=sys.stderr)
    return 1 if missing else 0


def skip_when_promoted(alias: str, gap: int, seconds: float) -> int | None:
    """A server that is being promoted takes no writes yet, or the address still leads to the one before."""
    until = time.monotonic() + seconds
    while True:
        try:
            return ids.skip_ahead_if_promoted(alias, gap=gap)
        except (OperationalError, InterfaceError, InternalError) as error:
            connections[alias].close()
            if time.monotonic() > until:
                raise CommandFailed(
                    f"{alias} took no writes in {seconds:g} seconds ({str(error).strip()}): is its address that of "
                    f"the server that was promoted?"
                ) from error
            time.sleep(ASK_AGAIN)
