"""`descant seed`: fills a forum with a discussion as large as one likes, to try it out and to measure.

With `--like talk` it fills a whole site, as large as the one that the talk was about or a part of it.
"""

import argparse

from descant.forums.directory import UnknownForum, forum_named
from descant.operate.commands import CommandFailed
from descant.operate.like_talk.filling import seed_like_talk
from descant.operate.seeding import seed_forum

NAME = "seed"
HELP = "fill a forum with made-up threads and comments"
REFUSALS = (UnknownForum,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--forum", help="to fill this one")
    which.add_argument(
        "--like", choices=["talk"], help="to fill a site with 75,000,000 comments in 450,000 forums"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="with --like: such a part of it, 0.1 for a tenth"
    )
    parser.add_argument("--threads", type=int, default=100)
    parser.add_argument("--comments", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="another number, other comments")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> int:
    if options.like:
        return _like_talk(options)
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


def _like_talk(options: argparse.Namespace) -> int:
    if not 0 < options.scale <= 1:
        raise CommandFailed("the scale is a part of the talk's numbers: above 0, and at most 1.")
    made = seed_like_talk(scale=options.scale, quiet=options.quiet)
    print(f"{made:,} comments are there; talk-0 is the largest forum.")
    return 0
