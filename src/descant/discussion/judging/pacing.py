"""Limits on how fast one account or address writes: a row each, made and changed by one statement (GCRA).

The row changes with the act, so that a limit holds over all processes, also for many who begin at once.
"""

import hashlib
import hmac
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils.translation import ngettext

from descant.discussion.models import Pace
from descant.forums.models import Forum
from django_headroom.partitions import partition_of

MINUTE = 60.0


class TooFast(Exception):
    """Somebody writes faster than the limit; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        sentence = ngettext(
            "That was too fast: try again in %(seconds)s second.",
            "That was too fast: try again in %(seconds)s seconds.",
            retry_after,
        )
        super().__init__(sentence % {"seconds": retry_after})


@dataclass(frozen=True)
class Limit:
    """What one subject may do on a forum.

    Args:
        subject: who acts, such as ``post/u7`` or ``vote/192.0.2.7``; only a keyed digest is kept.
        per_minute: how many acts a minute may bring, all at once if it likes.
    """

    forum: Forum
    subject: str
    per_minute: int

    def counting(self) -> tuple[str, list[Any]]:
        """The statement that counts one act, and finds no row where that would be too many."""
        interval = MINUTE / self.per_minute
        return _counting(interval), [self._key, self.forum.pk, time.time() + interval]

    def seconds_left(self) -> int:
        """How long the subject has to wait until it may act again; 0 if it may now."""
        rows = Pace.objects.of(self.forum).filter(pk=self._key)
        used_until = rows.values_list("used_until", flat=True).first() or 0.0
        return max(0, math.ceil(used_until + MINUTE / self.per_minute - time.time() - MINUTE))

    @property
    def _key(self) -> str:
        return keyed(f"{self.forum.pk}/{self.subject}")


@cache
def _counting(interval: float) -> str:
    """What is used up beyond a minute from now was written before the clock was put back, and holds nobody; a second
    minute is left for machines whose clocks differ. Of values there are few, as each costs the driver.
    """
    now = f"(excluded.used_until - {interval!r})"
    return (
        f"INSERT INTO {Pace._meta.db_table} AS pace (subject, forum_id, used_until) VALUES (%s, %s, %s)"
        " ON CONFLICT (subject) DO UPDATE SET used_until ="
        f" CASE WHEN pace.used_until BETWEEN {now} AND {now} + {MINUTE!r}"
        f" THEN pace.used_until + {interval!r} ELSE excluded.used_until END"
        f" WHERE pace.used_until <= {now} + {MINUTE - interval!r} OR pace.used_until > {now} + {2 * MINUTE!r}"
    )


def keep_pace(*, forum: Forum, subject: str, per_minute: int) -> None:
    """Count one act of a subject, or refuse it; 0 acts a minute are no limit. (For the rest see ``Limit``.)

    Raises:
        TooFast
    """
    if not per_minute:
        return
    limit = Limit(forum, subject, per_minute)
    with connections[partition_of(forum)].cursor() as cursor:
        cursor.execute(*limit.counting())
        if cursor.rowcount:
            return
    raise TooFast(max(1, limit.seconds_left()))


def keyed(subject: str) -> str:
    """A digest that only this site can make: what is kept instead of an address."""
    return hmac.new(settings.SECRET_KEY.encode(), subject.encode(), hashlib.sha256).hexdigest()[:40]
