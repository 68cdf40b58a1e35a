"""The rules that are on for a forum, its own and the network's: kept in the process, made ready once per version."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from descant.discussion.judging.rules.kinds import compile_rule
from descant.discussion.judging.rules.outside import Outside
from descant.discussion.judging.rules.subjects import BadRule, Finder, Finding, Subject
from descant.forums.keeping import KeptByForum
from descant.forums.models import Forum, Rule

READY_MOST = 2_000

STRENGTH = {Rule.Effect.MARK.value: 1, Rule.Effect.HOLD.value: 2, Rule.Effect.SPAM.value: 3}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadyRule:
    """A rule in one version, ready to be asked."""

    pk: int
    version: int
    title: str
    kind: str
    effect: str
    finder: Finder

    def reason(self, finding: Finding) -> dict[str, Any]:
        """What is kept on a comment: exact, for moderators; authors are told in general words."""
        named = {"rule": self.pk, "version": self.version, "kind": self.kind, "title": self.title}
        reason = {**named, "effect": self.effect, "found": finding.found[:200], **finding.more}
        if finding.span is not None:
            reason["span"] = list(finding.span)
        if finding.place:
            reason["place"] = finding.place
        return reason


@dataclass(frozen=True)
class Book:
    """Rules to judge by; those that ask tables come last."""

    rules: Sequence[ReadyRule] = ()

    def judge(self, subject: Subject) -> list[dict[str, Any]]:
        """The reasons that are found; once it is spam nothing more is looked up."""
        reasons: list[dict[str, Any]] = []
        for rule in self.rules:
            if rule.finder.asks and strongest(reasons) == STRENGTH["spam"]:
                break
            finding = rule.finder.find(subject)
            if finding is not None:
                reasons.append(rule.reason(finding))
        return reasons

    def to_ask(self, reasons: Iterable[Any]) -> list[ReadyRule]:
        """The rules whose judge outside could still make the verdict a stronger one."""
        known = strongest(reasons)
        asked = [rule for rule in self.rules if isinstance(rule.finder, Outside)]
        return [rule for rule in asked if STRENGTH[rule.effect] > known]


def strongest(reasons: Iterable[Any]) -> int:
    """How strong the strongest of some reasons is; 0 for none. A reason that is a code holds."""
    return max((STRENGTH[each["effect"]] if isinstance(each, dict) else 2 for each in reasons), default=0)


_ready: dict[int, ReadyRule] = {}
_EMPTY = Book()


def forget() -> None:
    """Drop all copies of this process."""
    in_force.forget()
    _ready.clear()


def tell_changed() -> None:
    """After a change: no process of this machine reads it from a replica that may not have heard of it."""
    in_force.tell_changed()
    _ready.clear()


def make_ready(rule: Rule) -> ReadyRule:
    """Raises: BadRule"""
    finder = compile_rule(rule.kind, rule.said)
    return ReadyRule(rule.pk, rule.version, rule.title, rule.kind, rule.effect, finder)


def _load(forum: Forum, alias: str) -> Book:
    """The long lists of rules are read only of those that have changed."""
    on = Rule.objects.using(alias).filter(Q(forum=forum) | Q(forum=None), is_on=True, ended_at=None)
    versions = dict(sorted(on.values_list("pk", "version")))
    if not versions:
        return _EMPTY
    known = {pk: rule for pk in versions if (rule := _ready.get(pk)) and rule.version == versions[pk]}
    if len(_ready) >= READY_MOST:
        _ready.clear()
    for row in Rule.objects.using(alias).filter(pk__in=versions.keys() - known.keys()):
        try:
            known[row.pk] = _ready[row.pk] = make_ready(row)
        except BadRule as bad:  # as when the operator has taken a classifier away
            _log.warning("The rule %s of %s is left out: %s", row.pk, forum.name, bad)
    ready = [known[pk] for pk in versions if pk in known]
    return Book(sorted(ready, key=lambda rule: (rule.finder.asks, -STRENGTH[rule.effect])))


in_force: KeptByForum[Book] = KeptByForum("rules", _load)
