"""`descant search build FORUM`: writes the words of comments that came by an import, so that moderators find them."""

import argparse
from itertools import islice

from django.db.models import Exists, OuterRef
from tqdm import tqdm

from descant.discussion.models import Comment, Words
from descant.discussion.reading.searching import write_words
from descant.forums.directory import UnknownForum, forum_named
from django_headroom.skinny import copies_near, range_iter

NAME = "search"
HELP = "make imported comments findable in the queue"
REFUSALS = (UnknownForum,)
STEP = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    building = verbs.add_parser("build", help="write the words of a forum's comments")
    building.add_argument("name", help="of the forum")
    building.add_argument("--again", action="store_true", help="also of comments that have words already")
    building.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> int:
    """Comments that have words are left out, so that a run that was stopped goes on where it was."""
    forum = forum_named(options.name)
    comments = Comment.objects.of(forum).exclude(state=Comment.State.DELETED)
    if not options.again:
        comments = comments.exclude(Exists(Words.objects.of(forum).filter(comment=OuterRef("pk"))))
    walk = range_iter(comments, step=STEP, pause=copies_near(forum.partition))
    written = 0
    with tqdm(unit="comment", disable=options.quiet) as bar:
        while found := list(islice(walk, STEP)):
            written += write_words(found)
            bar.update(len(found))
    print(f"The words of {written} comments of {forum.name} are written.")
    return 0
