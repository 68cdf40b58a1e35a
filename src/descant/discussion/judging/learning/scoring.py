"""The score: how much a comment is like what moderators of this forum, and of all, have called spam.

Each word has a share of spam among the comments it stood in. Where a forum knows little of a word, the network's share
stands in for it, and where the network knows little, a half does (Robinson, "A Statistical Approach to the Spam
Problem", 2003). The shares that say most are combined by Fisher's method, which, other than a product, also says that
it does not know: the score is then near a half.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from descant.discussion.judging.learning.features import ALL, features_of
from descant.discussion.judging.rules.subjects import Subject
from descant.forums.models import NETWORK, Weight
from django_headroom.replicas import read

Counted = Mapping[tuple[int, int], tuple[int, int]]

GLOBAL = "default"
COUNTED_MOST = 300_000
ENOUGH_HERE = 20  # decisions of each sort on the forum itself, or else
ENOUGH_EVERYWHERE = 100  # on all forums together
PRIOR = 1.0  # how many comments a guess before any weighs
WEIGHED_MOST = 40
SAYS_LEAST = 0.1
SHOWN_MOST = 6


@dataclass(frozen=True)
class Told:
    """A score from 0 (good) to 1 (spam), and the words that weighed most, with each one's share of spam."""

    score: float
    evidence: Sequence[tuple[str, float]]


def spam_score(subject: Subject) -> Told | None:
    """The score of a comment; None as long as too little was decided to tell."""
    features = features_of(subject.text, is_guest=subject.author_id is None)
    rows = Weight.objects.filter(forum_id__in=(NETWORK, subject.forum_id), feature__in=[ALL, *features])
    return weigh(
        subject.forum_id, features, read(GLOBAL, lambda alias: _counted(rows.using(alias)), own=False)
    )


def all_counted(forum_id: int) -> Counted:
    """What was counted of the words that a forum and the network know best, for many comments at once."""
    rows = Weight.objects.filter(forum_id__in=(NETWORK, forum_id), feature__gte=ALL)
    often = rows.order_by("-good", "-spam", "-id")[:COUNTED_MOST]
    return read(GLOBAL, lambda alias: _counted(often.using(alias)), own=False)


def _counted(rows: QuerySet[Weight]) -> Counted:
    found = rows.values_list("forum_id", "feature", "good", "spam")
    return {(whose, feature): (good, spam) for whose, feature, good, spam in found}


def weigh(forum_id: int, features: Mapping[int, str], counted: Counted) -> Told | None:
    """The score by what was counted: for each forum and feature, in how many good and spam comments it stood."""
    here, everywhere = (counted.get((whose, ALL), (0, 0)) for whose in (forum_id, NETWORK))
    if min(here) < ENOUGH_HERE and min(everywhere) < ENOUGH_EVERYWHERE:
        return None
    shares = []
    for feature, shown in features.items():
        share = _share(counted.get((NETWORK, feature), (0, 0)), everywhere, 0.5)
        share = _share(counted.get((forum_id, feature), (0, 0)), here, share)
        if abs(share - 0.5) >= SAYS_LEAST:
            shares.append((shown, share))
    shares.sort(key=lambda pair: -abs(pair[1] - 0.5))
    del shares[WEIGHED_MOST:]
    return Told(_combined([share for _shown, share in shares]), shares[:SHOWN_MOST])


def _share(of_it: tuple[int, int], of_all: tuple[int, int], guess: float) -> float:
    """The share of spam, as if there were as many spam comments as good ones; drawn to the guess by what is unknown."""
    good, spam = (part / (whole or 1) for part, whole in zip(of_it, of_all, strict=True))
    known = sum(of_it)
    raw = spam / (good + spam) if known and good + spam else guess
    return (PRIOR * guess + known * raw) / (PRIOR + known)


def _combined(shares: Sequence[float]) -> float:
    if not shares:
        return 0.5
    bounded = [min(0.99, max(0.01, share)) for share in shares]
    like_good = _chi2(-2 * sum(math.log(1 - share) for share in bounded), 2 * len(bounded))
    like_spam = _chi2(-2 * sum(math.log(share) for share in bounded), 2 * len(bounded))
    return (1 + like_spam - like_good) / 2


def _chi2(value: float, freedom: int) -> float:
    """How likely a chi-squared value of an even number of degrees of freedom, or a larger one, is by chance."""
    half = value / 2
    term = total = math.exp(-half)
    for number in range(1, freedom // 2):
        term *= half / number
        total += term
    return min(1.0, total)
