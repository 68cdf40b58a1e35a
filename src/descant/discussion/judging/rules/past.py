"""Rules asked of what was said before, in its order: what they would look up in tables they remember instead."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from descant.discussion.judging.learning.scoring import Counted, all_counted
from descant.discussion.judging.likeness.prints import ALIKE, digest_of, print_of
from descant.discussion.judging.rules import people, repeats
from descant.discussion.judging.rules.outside import Outside
from descant.discussion.judging.rules.score import Score
from descant.discussion.judging.rules.subjects import BadRule, Finder, Finding, Subject
from descant.discussion.models import Comment

NEIGHBOURS_MOST = 20


def of_the_past(finder: Finder, forum_id: int) -> Finder:
    """The same rule, for comments that come one after the other, the oldest first.

    Raises:
        BadRule: what it judges by is not kept.
    """
    if isinstance(finder, people.Addresses):
        raise BadRule(
            _("Addresses are not kept, so a rule on them cannot be tried on what was written before.")
        )
    if isinstance(finder, Outside):
        raise BadRule(_("A judge outside is asked of new comments only: this rule cannot be tried."))
    if isinstance(finder, people.First):
        return FirstOfThePast(finder)
    if isinstance(finder, people.Rate):
        return RateOfThePast(finder)
    if isinstance(finder, repeats.Double):
        return DoubleOfThePast(finder)
    if isinstance(finder, repeats.Many):
        return ManyOfThePast(finder)
    if isinstance(finder, Score):
        return ScoreOfThePast(finder, forum_id, all_counted(forum_id))
    return finder


@dataclass
class FirstOfThePast:
    """An account's earlier comments are counted when it is met first."""

    asks: ClassVar[bool] = True
    rule: people.First
    before: dict[int, int] = field(default_factory=dict)

    def find(self, subject: Subject) -> Finding | None:
        who = subject.author_id
        if who is None:
            return Finding("guest")
        if who not in self.before:
            shown = Comment.objects.of(subject.forum_id).shown()
            earlier = shown.filter(author=who, created_at__lt=subject.at)
            self.before[who] = len(earlier.values_list("pk")[: self.rule.comments])
        self.before[who] += 1
        number = self.before[who]
        return Finding(str(number)) if number <= self.rule.comments else None


@dataclass
class RateOfThePast:
    """When each person wrote lately."""

    asks: ClassVar[bool] = False
    rule: people.Rate
    lately: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def find(self, subject: Subject) -> Finding | None:
        who = f"u{subject.author_id}" if subject.author_id is not None else subject.origin or subject.guest
        if not who:
            return None
        times = self.lately[who]
        number = _pass(times, subject.at, timedelta(minutes=self.rule.minutes), most=self.rule.comments + 1)
        return Finding(str(number)) if number > self.rule.comments else None


@dataclass
class DoubleOfThePast:
    """When each text was written last."""

    asks: ClassVar[bool] = False
    rule: repeats.Double
    last: dict[int, tuple[datetime, int]] = field(default_factory=dict)

    def find(self, subject: Subject) -> Finding | None:
        digest = digest_of(subject.text)
        if digest is None:
            return None
        before = self.last.get(digest)
        self.last[digest] = subject.at, subject.comment_id
        if before is None or subject.at - before[0] > timedelta(hours=self.rule.hours):
            return None
        return Finding(str(before[1]), more={"comment": str(before[1])})


@dataclass
class ManyOfThePast:
    """The clusters of texts that are alike, and when something was added to each."""

    asks: ClassVar[bool] = False
    rule: repeats.Many
    near: dict[int, list[tuple[bytes, int]]] = field(default_factory=lambda: defaultdict(list))
    times: dict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def find(self, subject: Subject) -> Finding | None:
        mark = print_of(subject.text)
        if not mark.bands:
            return None
        met = (each for band in mark.bands for each in self.near[band])
        cluster = next((of for signature, of in met if mark.likeness(signature) >= ALIKE), subject.comment_id)
        for band in mark.bands:
            if len(self.near[band]) < NEIGHBOURS_MOST:
                self.near[band].append((mark.signature, cluster))
        window, most = timedelta(hours=self.rule.hours), self.rule.comments
        number = _pass(self.times[cluster], subject.at, window, most=most)
        return Finding(str(number), more={"flood": str(cluster)}) if number >= most else None


@dataclass
class ScoreOfThePast:
    """By what is known today: of a comment that was decided about, the decision itself is part of it."""

    asks: ClassVar[bool] = False
    rule: Score
    forum_id: int
    counted: Counted

    def find(self, subject: Subject) -> Finding | None:
        return self.rule.by(self.counted, subject)


def _pass(times: deque[datetime], now: datetime, window: timedelta, *, most: int) -> int:
    """Note a time, forget those that are over, and tell how many are left, up to a number."""
    while times and now - times[0] >= window:
        times.popleft()
    times.append(now)
    if len(times) > most:
        times.popleft()
    return len(times)
