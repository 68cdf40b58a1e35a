"""A rule tried on what was said before, so that it can be seen what it does before it bites.

Comments are walked by their time, the oldest first, in steps of a key and on a replica where there is one. After some
seconds the trial ends with what it has so far, and can be gone on with.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import merge
from typing import Any

from descant.discussion.authors import Author
from descant.discussion.deciding.ruling import check_may_rule
from descant.discussion.judging.rules.book import ReadyRule, make_ready
from descant.discussion.judging.rules.past import of_the_past
from descant.discussion.judging.rules.people import Age
from descant.discussion.judging.rules.subjects import Finder, subject_of
from descant.discussion.models import Comment, Decision
from descant.forums.models import Forum, Role, Rule
from django_headroom.replicas import read
from django_headroom.skinny import range_iter

SECONDS_MOST = 20.0
EXAMPLES_MOST = 500
COUNTED_MOST = 1_000_000
STEP = 1_000
CLOCK_EVERY = 200
LOOKED_AT = (Comment.State.SHOWN, Comment.State.WAITING, Comment.State.SPAM, Comment.State.HIDDEN)
COLUMNS = (
    "forum_id", "thread_id", "author_id", "author_name", "author_url", "guest", "origin", "text", "state",
    "created_at",
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A comment that the rule would have met, and the reason it would have got."""

    comment_id: int
    at: datetime
    reason: dict[str, Any]


@dataclass
class Trial:
    """What a rule would have done, so far; ``is_whole`` says that all was looked at."""

    effect: str
    since: datetime
    total: int = 0  # of how many; of more than a million a million is told
    seen: int = 0
    met: int = 0
    approved: int = 0  # of those that were met: moderators have let them stand
    states: Counter[str] = field(default_factory=Counter)  # what those that were met are today
    seen_on: Counter[date] = field(default_factory=Counter)
    met_on: Counter[date] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)  # the latest
    is_whole: bool = False
    reached: tuple[datetime, int] | None = None  # the last comment that was looked at

    @property
    def reached_at(self) -> datetime:
        """Up to when comments were looked at."""
        return self.reached[0] if self.reached else self.since


def try_rule(
    forum: Forum,
    rule: Rule,
    since: datetime,
    *,
    by: Author | None,
    so_far: Trial | None = None,
    seconds: float = SECONDS_MOST,
) -> Trial:
    """Run a rule over the comments of a forum; nothing is changed.

    Args:
        rule: saved or not, on or off; of the forum, or of all.
        since: of which time; what people deleted themselves, and what those who are trusted wrote, is left out.
        by: who wants to know, and must be allowed to write the rule; None is the operator.
        so_far: a trial to go on with. What was remembered of people and texts begins anew there.
        seconds: after which it ends with what it has.

    Raises:
        NotAModerator
        BadRule: the rule cannot be followed, or not on what was said before.
    """
    if rule.forum_id not in (None, forum.pk):
        raise Rule.DoesNotExist
    if by is not None:
        check_may_rule(forum if rule.forum_id else None, by)
    ready = make_ready(rule)
    trusted = list(Role.objects.filter(forum=forum).values_list("user", flat=True))
    until = time.monotonic() + seconds

    def reading(alias: str) -> Trial:
        trial = deepcopy(so_far) if so_far else Trial(ready.effect, since)
        walk = _Walk(forum, ready, of_the_past(ready.finder, forum.pk), trial)
        each = [_in_state(state, forum, alias, trial, trusted) for state in LOOKED_AT]
        trial.total = trial.total or sum(rows.values_list("pk")[:COUNTED_MOST].count() for rows in each)
        walk.over(_in_order(each, trial, with_authors=isinstance(ready.finder, Age)), until)
        trial.approved += walk.count_approved(alias)
        return trial

    return read(forum.partition, reading, own=False)


class _Walk:
    """One way through the comments."""

    def __init__(self, forum: Forum, ready: ReadyRule, finder: Finder, trial: Trial) -> None:
        self.forum, self.ready, self.finder, self.trial = forum, ready, finder, trial
        self.met: list[int] = []

    def over(self, comments: Iterator[Comment], until: float) -> None:
        trial = self.trial
        for number, comment in enumerate(comments):
            if number % CLOCK_EVERY == 0 and number and time.monotonic() > until:
                return
            day = comment.created_at.date()
            trial.seen += 1
            trial.seen_on[day] += 1
            trial.reached = comment.created_at, comment.pk
            finding = self.finder.find(subject_of(comment))
            if finding is not None:
                trial.met_on[day] += 1
                self._note(comment, self.ready.reason(finding))
        trial.is_whole = True

    def _note(self, comment: Comment, reason: dict[str, Any]) -> None:
        trial = self.trial
        trial.met += 1
        trial.states[str(comment.state)] += 1
        self.met.append(comment.pk)
        if len(trial.examples) == EXAMPLES_MOST:
            del trial.examples[0]
        trial.examples.append(Example(comment.pk, comment.created_at, reason))

    def count_approved(self, alias: str) -> int:
        """How many of those that were met a moderator has let stand."""
        counted = 0
        for at in range(0, len(self.met), STEP):
            said = Decision.objects.of(self.forum).using(alias).filter(verdict__in=("approve", "restore"))
            said = said.filter(comment__in=self.met[at : at + STEP], comment__state=Comment.State.SHOWN)
            counted += said.values("comment").distinct().count()
        return counted


def _in_state(state: str, forum: Forum, alias: str, trial: Trial, trusted: Sequence[int]) -> Any:
    rows = Comment.objects.of(forum).using(alias).filter(state=state, created_at__gte=trial.since)
    if trusted:
        rows = rows.filter(author__isnull=True) | rows.exclude(author__in=trusted)
    return rows


def _in_order(each: Sequence[Any], trial: Trial, *, with_authors: bool) -> Iterator[Comment]:
    """One walk for each state, as the index has them, led together by time."""
    walks = [
        range_iter(
            rows.only(*COLUMNS),
            key=("created_at", "id"),
            step=STEP,
            start_after=trial.reached,
            attaching=("author",) if with_authors else (),
        )
        for rows in each
    ]
    return merge(*walks, key=lambda comment: (comment.created_at, comment.pk))
