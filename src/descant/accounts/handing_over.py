"""Handing an account over from our pop-up, which has the cookie, to a frame, which has none.

The frame makes a secret and opens the pop-up with its SHA-256, the challenge. What is granted to the challenge is
collected with the secret: once, within two minutes, and on the forum that the pop-up named.
"""

import hashlib
import re
from datetime import timedelta

from django.utils import timezone

from descant.accounts.models import HandOff, User
from django_headroom.transactions import writing

GOOD_FOR = timedelta(seconds=120)
SWEPT_AT_ONCE = 100
_CHALLENGE = re.compile(r"[0-9a-f]{64}")


class BadChallenge(ValueError):
    """What cannot be the SHA-256 of a secret."""


class GrantedAlready(Exception):
    """A challenge that somebody else was granted to."""


def is_challenge(written: str) -> bool:
    return bool(_CHALLENGE.fullmatch(written))


def grant(*, user: User, forum_id: int, challenge: str) -> None:
    """Let who knows the secret of this challenge speak for an account on one forum; sweeps what nobody collected.

    Raises:
        BadChallenge, GrantedAlready
    """
    if not is_challenge(challenge):
        raise BadChallenge("A challenge is 64 hexadecimal digits: begin signing in again.")
    now = timezone.now()
    with writing("default"):
        expired = HandOff.objects.filter(expires_at__lte=now).order_by("expires_at", "id")[:SWEPT_AT_ONCE]
        HandOff.objects.filter(pk__in=list(expired.values_list("pk", flat=True))).delete()
        kept, _made = HandOff.objects.get_or_create(
            challenge=challenge,
            defaults={"user": user, "forum_id": forum_id, "expires_at": now + GOOD_FOR},
        )
        if (kept.user_id, kept.forum_id) != (user.pk, forum_id):
            raise GrantedAlready("This window was used before: close it and begin signing in again.")


def collect(*, forum_id: int, secret: str) -> User | None:
    """The account that was granted to the secret's challenge; None if none was, or not in time, or it was collected.

    Of many who ask at once with the same secret, one is told.
    """
    challenge = hashlib.sha256(secret.encode()).hexdigest()
    waiting = HandOff.objects.filter(challenge=challenge, forum_id=forum_id, expires_at__gt=timezone.now())
    found = waiting.select_related("user").first()
    if found is None or not found.user.is_active:
        return None
    with writing("default"):
        taken, _by_model = waiting.filter(pk=found.pk).delete()
    return found.user if taken else None
