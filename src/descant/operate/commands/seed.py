"""`descant seed`: fills a forum with a discussion as large as one likes, to try it out and to measure."""

import argparse

from descant.forums.directory import UnknownForum, forum_named
from descant.operate.commands import CommandFailed
from descant.operate.seeding import seed_forum

NAME = "seed"
HELP = "fill a forum with made-up threads and comments"
REFUSALS = (UnknownForum,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--forum", required=True)
    parser.add_argument("--threads", type=int, default=100)
    parser.add_argument("--comments", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="another number, other comments")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> int:
    if options.threads < 1 or options.comments < 0:
        raise CommandFailed("there is at least one thread, and no fewer than 0 comments.")
    forum = forum_named(options.forum)
    made = seed_forum(
        forum=forum,
        threads=options.threads,
        comments=options.comments,
        seed=options.seed,
        quiet=options.quiet,
    )
    print(
        f"{made} comments in {options.threads} threads of {forum.name}; the largest is seed-{options.seed}-1."
    )
    return 0
