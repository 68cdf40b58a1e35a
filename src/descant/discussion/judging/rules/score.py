"""The rule on what moderators' decisions have taught: a score, with the words that weighed most."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from descant.discussion.judging.learning.features import features_of
from descant.discussion.judging.learning.scoring import Counted, Told, spam_score, weigh
from descant.discussion.judging.rules.subjects import BadRule, Finding, Said, Subject


@dataclass(frozen=True)
class Score:
    """A score of at least a number between 0 (good) and 1 (spam); nothing until enough was decided."""

    asks: ClassVar[bool] = True
    least: float

    def find(self, subject: Subject) -> Finding | None:
        return self._finding(spam_score(subject))

    def by(self, counted: Counted, subject: Subject) -> Finding | None:
        """The same by what was read already, of many comments."""
        features = features_of(subject.text, is_guest=subject.author_id is None)
        return self._finding(weigh(subject.forum_id, features, counted))

    def _finding(self, told: Told | None) -> Finding | None:
        if told is None or told.score < self.least:
            return None
        evidence = [[word, round(share, 2)] for word, share in told.evidence]
        return Finding(f"{told.score:.2f}", more={"evidence": evidence})


def compile_score(said: Said) -> Score:
    """Raises: BadRule"""
    least = said.get("least", 0.9)
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0.5 <= least <= 1:
        raise BadRule(_("Write a number from 0.5 to 1."), "least")
    return Score(float(least))
