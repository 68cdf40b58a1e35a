"""Rules written, changed, switched on and off, and ended; each version stays, for the reasons that speak of it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import NotAModerator, check_ability
from descant.discussion.judging.rules import book
from descant.discussion.judging.rules.kinds import compile_rule
from descant.discussion.judging.rules.subjects import BadRule
from descant.discussion.posting import Refused
from descant.forums.models import Change, Forum, Rule, RuleVersion
from descant.forums.noting import About, Noted, note_change
from descant.switches import check_writable
from django_headroom.transactions import writing
from django_headroom.updates import claim

RULES_MOST = 100


class CannotRule(Refused):
    code = "bad_rule"

    def __init__(self, message: str, field: str = "") -> None:
        self.field = field  # of what the rule says, if one is to blame
        super().__init__(message)


class RuleChanged(Refused):
    code = "rule_changed"


def make_rule(
    *,
    forum: Forum | None,
    title: str,
    kind: str,
    said: dict[str, Any],
    effect: str,
    by: Author,
    why: str = "",
) -> Rule:
    """Write a rule, switched off: it can be tried before it bites.

    Args:
        forum: whose; None for all forums, which only the staff of the network may.
        said: what it looks for, in the words of its kind (see ``judging.rules``).

    Raises:
        NotAModerator, CannotRule
    """
    _check_may(forum, by)
    rule = Rule(forum=forum, kind=kind, said=said, changed_by=by.user, **_checked(title, effect))
    _check_said(kind, said)
    if Rule.objects.filter(forum=forum, ended_at=None).count() >= RULES_MOST:
        raise CannotRule(_("There are %(most)s rules already: end one first.") % {"most": RULES_MOST})
    with writing("default"):
        rule.save(force_insert=True)
        _write_version(rule)
        _note(forum, rule, Change.What.RULE_WRITTEN, Noted(by.user, why))
    return rule


def change_rule(
    *,
    forum: Forum | None,
    rule: Rule,
    by: Author,
    title: str,
    said: dict[str, Any],
    effect: str,
    why: str = "",
) -> Rule:
    """Put what a rule says in a new version; comments judged before keep the reasons of theirs.

    Args:
        forum: whose it is; None for one of the network, as in all acts here.

    Raises:
        NotAModerator, CannotRule, RuleChanged: somebody else has changed it since it was read.
    """
    _check_is_of(rule, forum)
    _check_may(forum, by)
    columns = _checked(title, effect)
    _check_said(rule.kind, said)
    with writing("default"):
        _claim(rule, by, said=said, version=rule.version + 1, **columns)
        _write_version(rule)
        _note(forum, rule, Change.What.RULE_CHANGED, Noted(by.user, why))
    book.tell_changed()
    return rule


def switch_rule(*, forum: Forum | None, rule: Rule, is_on: bool, by: Author, why: str = "") -> bool:
    """Let a rule bite, or no more.

    Returns:
        Whether it was otherwise before.

    Raises:
        NotAModerator, CannotRule: it cannot be followed any more.
    """
    _check_is_of(rule, forum)
    _check_may(forum, by)
    if is_on:
        _check_said(rule.kind, rule.said)
    when = {"is_on": not is_on, "ended_at": None}
    with writing("default"):
        done = claim(rule, when=when, is_on=is_on, changed_by=by.user, changed_at=timezone.now())
        if done:
            _note(forum, rule, Change.What.RULE_ON if is_on else Change.What.RULE_OFF, Noted(by.user, why))
    book.tell_changed()
    return done


def end_rule(*, forum: Forum | None, rule: Rule, by: Author, why: str = "") -> bool:
    """Switch a rule off for good; it leaves the lists, and its row stays.

    Returns:
        Whether it had not ended before.

    Raises:
        NotAModerator
    """
    _check_is_of(rule, forum)
    _check_may(forum, by)
    now = timezone.now()
    with writing("default"):
        done = claim(
            rule, when={"ended_at": None}, ended_at=now, is_on=False, changed_by=by.user, changed_at=now
        )
        if done:
            _note(forum, rule, Change.What.RULE_ENDED, Noted(by.user, why))
    book.tell_changed()
    return done


def check_may_rule(forum: Forum | None, by: Author) -> None:
    """Raises: NotAModerator: she may not write rules there."""
    if forum is not None:
        check_ability(by, "rules")
    elif by.user is None or not by.user.is_staff:
        raise NotAModerator(_("Rules of all forums are written by the staff of the network."))


def _check_may(forum: Forum | None, by: Author) -> None:
    """Whether she may write rules there, and anybody may just now."""
    check_may_rule(forum, by)
    check_writable(forum.name if forum else "")


def _check_is_of(rule: Rule, forum: Forum | None) -> None:
    """Another forum's rule is as good as none."""
    if rule.forum_id != (forum.pk if forum else None):
        raise Rule.DoesNotExist


def _checked(title: str, effect: str) -> dict[str, Any]:
    title = " ".join(title.split())
    if not title:
        raise CannotRule(_("A rule needs a title: what it is for, in a few words."))
    if effect not in Rule.Effect.values:
        raise CannotRule(
            _("A rule does one of these: %(effects)s.") % {"effects": ", ".join(Rule.Effect.values)}
        )
    return {"title": title[:100], "effect": effect}


def _check_said(kind: str, said: dict[str, Any]) -> None:
    try:
        compile_rule(kind, said)
    except BadRule as bad:
        raise CannotRule(str(bad), bad.field) from bad


def _claim(rule: Rule, by: Author, **columns: Any) -> None:
    when = {"version": rule.version, "ended_at": None}
    if not claim(rule, when=when, changed_by=by.user, changed_at=timezone.now(), **columns):
        raise RuleChanged(_("Somebody has changed this rule meanwhile: read it again."))


def _write_version(rule: Rule) -> None:
    kept = RuleVersion(rule=rule, version=rule.version, said=rule.said, effect=rule.effect)
    kept.by = rule.changed_by
    kept.save(force_insert=True)


def _note(forum: Forum | None, rule: Rule, what: Change.What, noted: Noted) -> None:
    note_change(forum, what, About(rule.title, {"version": rule.version}, rule), noted)
