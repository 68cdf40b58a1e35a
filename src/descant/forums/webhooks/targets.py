"""The targets of a forum: added, changed, given another secret, ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from descant.egress import EgressRefused, check
from descant.forums.models import Change, Forum, Target
from descant.forums.noting import OPERATOR, About, Noted, note_change
from descant.forums.webhooks.signals import target_unverified
from descant.forums.webhooks.signing import is_secret, new_secret
from django_headroom.transactions import writing
from django_headroom.updates import change, claim

OVERLAP = timedelta(hours=24)
TARGETS_MOST = 10
HEALTHY = {"failing_since": None, "failures": 0, "rest_until": None}


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


def wish_of(target: Target) -> Wish:
    """What a target is, as a wish that can be changed; without its secret, which stays."""
    return Wish(target.url, target.events, target.dialect, is_on=target.is_on)


def add_target(*, forum: Forum, wish: Wish, noted: Noted = OPERATOR) -> Target:
    """Tell one more address; one that speaks as Disqus does is told when it has given a challenge back.

    Raises:
        BadTarget
    """
    target = Target(forum=forum, url=wish.url, dialect=wish.dialect, is_on=wish.is_on)
    target.events, target.secret = _events(wish.events), wish.secret or new_secret(wish.dialect)
    target.is_verified = wish.dialect != Target.Dialect.DISQUS
    _check(target)
    if Target.objects.filter(forum=forum).count() >= TARGETS_MOST:
        raise BadTarget(_("This forum has as many targets as it can have: end another first."))
    with _each_once(), writing("default"):
        target.save(force_insert=True)
        note_change(forum, Change.What.TARGET_ADDED, About(target.url), noted)
        _ask_unverified(target)
    return target


def change_target(*, target: Target, wish: Wish, noted: Noted = OPERATOR) -> None:
    """Let a target be as is wished; its secret stays if none is given, and what has failed so far is forgotten.

    In another dialect it needs another secret, and one that speaks as Disqus does a challenge, as at another address.

    Raises:
        BadTarget
    """
    turned = wish.dialect != target.dialect
    is_new = turned or wish.url != target.url
    secret = wish.secret or (new_secret(wish.dialect) if turned else target.secret)
    columns: dict[str, Any] = {"url": wish.url, "dialect": wish.dialect, "events": _events(wish.events)}
    columns |= {"is_on": wish.is_on, "off_for": "", **HEALTHY}
    if turned:
        columns |= {"secret": secret, "former_secret": "", "former_until": None}
    elif secret != target.secret:
        columns |= _another_secret(target, secret)
    if is_new:
        columns["is_verified"] = wish.dialect != Target.Dialect.DISQUS
    _check(Target(url=wish.url, dialect=wish.dialect, secret=secret))
    with _each_once(), writing("default"):
        change(target, **columns)
        note_change(target.forum, Change.What.TARGET_CHANGED, About(target.url), noted)
        _ask_unverified(target)


def switch_off(*, target: Target, why: Target.Off) -> bool:
    """Tell a target nothing more for what it has answered; false if it is off already."""
    with writing("default"):
        was_on = claim(target, when={"is_on": True}, is_on=False, off_for=why)
        if was_on:
            note_change(target.forum, Change.What.TARGET_CHANGED, About(target.url), OPERATOR)
    return was_on


def rotate_secret(*, target: Target, noted: Noted = OPERATOR) -> str:
    """Another secret; for a day what is sent is signed with both."""
    secret = new_secret(target.dialect)
    with writing("default"):
        change(target, **_another_secret(target, secret))
        note_change(target.forum, Change.What.TARGET_CHANGED, About(target.url), noted)
    return secret


def end_target(*, target: Target, noted: Noted = OPERATOR) -> None:
    """Tell an address nothing any more."""
    with writing("default"):
        note_change(target.forum, Change.What.TARGET_ENDED, About(target.url), noted)
        target.delete()


def _another_secret(target: Target, secret: str) -> dict[str, Any]:
    until = timezone.now() + OVERLAP
    return {"former_secret": target.secret, "former_until": until, "secret": secret}


def _ask_unverified(target: Target) -> None:
    if not target.is_verified and target.is_on:
        target_unverified.say(at="default", target_id=target.pk, forum_id=target.forum_id)


@contextmanager
def _each_once() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise BadTarget(_("This address is told already.")) from error


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
