"""Made-up discussions that have the shape of real ones: few large threads and many small, trees, votes, a long past."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.utils import timezone
from tqdm import tqdm

from descant.accounts.models import User
from descant.discussion import text
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.judging.scoring import score
from descant.discussion.models import Comment, Thread
from descant.discussion.tree.counting import raise_version
from descant.discussion.tree.paths import counted_in, level_of, path_below
from descant.forums.models import Forum
from django_headroom import ids
from django_headroom.transactions import writing

CHUNK = 1_000
PEOPLE = 200
REPLIES_OF_100 = 60
WORDS = (
    "the bread was warm and nobody said a word about salt until harbour lights came on between two trains "
    "which is why I still think rye needs more time than anyone admits although my grandmother would laugh "
    "at us for weighing water when rain and patience do it better every single winter morning"
).split()
NAMES = "Ada Bela Cato Dora Emil Fay Gus Hana Ivo June Kit Lou Mira Nils Ona Pia Quin Rosa Sam Tove".split()


@dataclass
class _Growing:
    """A thread while its comments are made up; all are known before the first is written."""

    thread: Thread
    dice: random.Random
    authors: Sequence[User]
    rows: list[Comment] = field(default_factory=list)
    at: dict[int, int] = field(default_factory=dict)

    def grow(self, keys: Sequence[int], now: datetime) -> list[Comment]:
        """One comment for each id, spread over the last year."""
        for number, key in enumerate(keys):
            moment = now - timedelta(days=365) * (1 - number / len(keys))
            self._add(key, moment)
        return self.rows

    def _add(self, key: int, moment: datetime) -> None:
        parent = self._parent()
        comment = Comment(pk=key, forum_id=self.thread.forum_id, thread=self.thread, parent=parent)
        comment.created_at = moment
        comment.path = path_below(parent.path if parent else b"", moment, key)
        comment.level = level_of(comment.path)
        comment.version = self.thread.version
        self._write(comment)
        for above in counted_in(comment.path, comment.parent_id):
            self.rows[self.at[above]].replies += 1
        self.at[key] = len(self.rows)
        self.rows.append(comment)

    def _parent(self) -> Comment | None:
        """Most answers go to something recent, some to anything at all."""
        if not self.rows or self.dice.randrange(100) >= REPLIES_OF_100:
            return None
        near = min(len(self.rows), 30) if self.dice.random() < 0.8 else len(self.rows)
        return self.rows[-self.dice.randint(1, near)]

    def _write(self, comment: Comment) -> None:
        words = self.dice.choices(WORDS, k=min(200, max(3, int(self.dice.lognormvariate(3, 0.8)))))
        comment.text = " ".join(words).capitalize() + "."
        comment.html, comment.html_version = f"<p>{comment.text}</p>\n", text.RULES_VERSION
        if self.dice.random() < 0.5:
            user = self.dice.choice(self.authors)
            comment.author_id, comment.author_name = user.pk, user.name
        else:
            comment.author_name = self.dice.choice(NAMES)
        comment.ups = int(self.dice.paretovariate(1.2)) - 1 if self.dice.random() < 0.6 else 0
        comment.downs = self.dice.randint(0, 1 + comment.ups // 5)
        comment.score = score(comment.ups, comment.downs)


def seed_forum(*, forum: Forum, threads: int, comments: int, seed: int = 1, quiet: bool = False) -> int:
    """Make up a forum's discussion.

    Args:
        threads, comments: how many of each; the n-th thread has a share of 1/n (Zipf's law).
        seed: the same number gives the same trees and texts.

    Returns:
        How many comments were made.
    """
    dice = random.Random(seed)
    authors = _people()
    base = f"https://{forum.domains.all()[0].host.removeprefix('*.')}"
    with tqdm(total=comments, unit="comment", disable=quiet) as bar:
        for number, share in enumerate(_shares(threads, comments), start=1):
            name = f"seed-{seed}-{number}"
            page = PageAddress(identifier=name, url=f"{base}/{name}", title=f"Seeded article {number}")
            _fill(forum, _Growing(make_thread(forum, page), dice, authors), share)
            bar.update(share)
    return comments


def _fill(forum: Forum, growing: _Growing, share: int) -> None:
    if not share:
        return
    thread = growing.thread
    with writing(forum) as alias:
        raise_version(thread, shown=share)
        keys = ids.take(alias, Comment, share)
        rows = iter(growing.grow(keys, timezone.now()))
        while chunk := list(islice(rows, CHUNK)):
            Comment.objects.of(forum).bulk_create(chunk)


def _shares(threads: int, comments: int) -> list[int]:
    """The comments of each thread, the largest first; rounding is made good in the largest."""
    whole = sum(1 / number for number in range(1, threads + 1))
    shares = [int(comments / number / whole) for number in range(1, threads + 1)]
    return [shares[0] + comments - sum(shares), *shares[1:]]


def _people() -> list[User]:
    """Accounts that nobody can sign in to: they have no password."""
    names = {f"seeded-{number}": f"{NAMES[number % len(NAMES)]} {number}" for number in range(PEOPLE)}
    with writing("default"):
        known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
        for username in names.keys() - known:
            user = User(username=username, name=names[username])
            user.set_unusable_password()
            user.save(force_insert=True)
    return list(User.objects.filter(username__in=names).order_by("username"))
