"""The keys whose secrets sign people in: which of a forum's may, and which are in force."""

from descant.forums.directory import GLOBAL
from descant.forums.keeping import KeptByForum
from descant.forums.keys.issuing import IssuedKey, issue_key
from descant.forums.models import Change, Forum, Key
from descant.forums.noting import OPERATOR, About, Noted, note_change
from django_headroom.transactions import writing
from django_headroom.updates import claim

KEYS_MOST = 10


class TooManyKeys(Exception):
    """A message without ``api_key`` is compared with every key, so that there are few."""


def make_key(*, forum: Forum, title: str = "", noted: Noted = OPERATOR) -> IssuedKey:
    """A program's keys, whose secret signs people in as well.

    Raises:
        TooManyKeys
    """
    with writing(GLOBAL):
        issued = issue_key(forum=forum, title=title, noted=noted)
        key = Key.objects.get(public_key=issued.public_key)
        let_sign_in(forum=forum, key_id=key.pk, may=True, noted=noted)
    return issued


def let_sign_in(*, forum: Forum, key_id: int, may: bool, noted: Noted = OPERATOR) -> bool:
    """Let a key's secret sign people in, or no longer: then whom it has signed in is so no more, within five seconds.

    Returns:
        Whether anything has changed.

    Raises:
        TooManyKeys
    """
    if may and Key.objects.filter(forum=forum, signs_in=True).count() >= KEYS_MOST:
        raise TooManyKeys(f"{forum} has {KEYS_MOST} keys that sign people in: forbid one first.")
    key = Key.objects.filter(forum=forum, pk=key_id).first()
    if key is None:
        return False
    what = Change.What.SIGN_ON_ALLOWED if may else Change.What.SIGN_ON_FORBIDDEN
    with writing(GLOBAL):
        done = claim(key, when={"signs_in": not may}, signs_in=may)
        if done:
            note_change(forum, what, About(key.beginning), noted)
    keys_in_force.tell_changed()
    return bool(done)


def _load(forum: Forum, alias: str) -> list[Key]:
    return list(Key.objects.using(alias).filter(forum=forum, signs_in=True).order_by("-made_at", "-id"))


keys_in_force: KeptByForum[list[Key]] = KeptByForum("sign-on keys", _load)


def is_in_force(forum: Forum, key_id: int) -> bool:
    """Whether a key still speaks for the forum's site, as this process has read some seconds ago."""
    return any(key.pk == key_id for key in keys_in_force.of(forum))
