"""The targets of a forum: added, changed, given another secret, ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from descant.egress import EgressRefused, check
from descant.forums.models import Change, Forum, Target
from descant.forums.noting import OPERATOR, About, Noted, note_change
from descant.forums.webhooks.sending import verify
from descant.forums.webhooks.signing import is_secret, new_secret
from django_headroom.transactions import writing
from django_headroom.updates import change

OVERLAP = timedelta(hours=24)
TARGETS_MOST = 10


class BadTarget(ValueError):
    """What cannot be a target; the message says why."""


@dataclass(frozen=True)
class Wish:
    """What a target shall be.

    Args:
        secret: one that the program brings; without it one is made.
    """

    url: str
    events: Sequence[str] = tuple(Target.Event.values)
    dialect: str = Target.Dialect.STANDARD.value
    secret: str = ""
    is_on: bool = True


def add_target(*, forum: Forum, wish: Wish, noted: Noted = OPERATOR) -> Target:
    """Tell one more address; one that speaks as Disqus does must give a challenge back first.

    Raises:
        BadTarget
    """
    target = Target(forum=forum, url=wish.url, dialect=wish.dialect, is_on=wish.is_on)
    target.events, target.secret = _events(wish.events), wish.secret or new_secret(wish.dialect)
    _check(target)
    if Target.objects.filter(forum=forum).count() >= TARGETS_MOST:
        raise BadTarget(_("This forum has as many targets as it can have: end another first."))
    if target.dialect == Target.Dialect.DISQUS and not (outcome := verify(target)).is_taken:
        raise BadTarget(outcome.why or _("The target answered %(status)s.") % {"status": outcome.status})
    try:
        with writing("default"):
            target.save(force_insert=True)
            note_change(forum, Change.What.TARGET_ADDED, About(target.url), noted)
    except IntegrityError as error:
        raise BadTarget(_("This address is told already.")) from error
    return target


def change_target(*, target: Target, events: Sequence[str], is_on: bool, noted: Noted = OPERATOR) -> None:
    """Choose what a target is told, and whether it is told at all.

    Raises:
        BadTarget
    """
    with writing("default"):
        change(target, events=_events(events), is_on=is_on)
        note_change(target.forum, Change.What.TARGET_CHANGED, About(target.url), noted)


def rotate_secret(*, target: Target, noted: Noted = OPERATOR) -> str:
    """Another secret; for a day what is sent is signed with both."""
    secret = new_secret(target.dialect)
    until = timezone.now() + OVERLAP
    with writing("default"):
        change(target, former_secret=target.secret, former_until=until, secret=secret)
        note_change(target.forum, Change.What.TARGET_CHANGED, About(target.url), noted)
    return secret


def end_target(*, target: Target, noted: Noted = OPERATOR) -> None:
    """Tell an address nothing any more."""
    with writing("default"):
        note_change(target.forum, Change.What.TARGET_ENDED, About(target.url), noted)
        target.delete()


def _check(target: Target) -> None:
    try:
        check(target.url)
    except EgressRefused as error:
        raise BadTarget(str(error)) from error
    if len(target.url) > 500 or target.dialect not in Target.Dialect:
        raise BadTarget(_("A target is an address of at most 500 characters."))
    if not is_secret(target.secret, target.dialect):
        raise BadTarget(_("The secret is too short, or not written as it should be."))


def _events(chosen: Sequence[str]) -> list[str]:
    if not chosen or not set(chosen) <= set(Target.Event.values):
        raise BadTarget(_("Choose at least one kind of event."))
    return sorted(set(chosen))
