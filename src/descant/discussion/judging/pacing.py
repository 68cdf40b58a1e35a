"""Limits on how fast one account or address writes: a row each, changed by one statement (the GCRA algorithm).

The row changes in the transaction of the act, so what is refused costs nothing and a limit holds over all processes.
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

    @property
    def interval(self) -> float:
        return 60.0 / self.per_minute

    def counting(self) -> tuple[str, list[Any]]:
        """The UPDATE that counts one act, and finds no row if that would be too many or the subject is new."""
        now = time.time()
        return _counting(self.forum.partition), [
            now,
            now,
            self.interval,
            self.forum.pk,
            keyed(self.subject),
            now + 60.0 - self.interval,
        ]

    def make_room(self) -> None:
        """After a count that found no row: make the row of a new subject, or refuse.

        Raises:
            TooFast
        """
        rows = Pace.objects.of(self.forum).filter(subject=keyed(self.subject))
        used_until = rows.values_list("used_until", flat=True).first()
        if used_until is None:
            row = Pace(forum_id=self.forum.pk, subject=keyed(self.subject), used_until=0.0)
            Pace.objects.of(self.forum).bulk_create([row], ignore_conflicts=True)
        elif used_until + self.interval > time.time() + 60.0:
            raise TooFast(max(1, math.ceil(used_until + self.interval - time.time() - 60.0)))


def keep_pace(*, forum: Forum, subject: str, per_minute: int) -> None:
    """Count one act of a subject, or refuse it; 0 acts a minute are no limit. (For the rest see ``Limit``.)

    Raises:
        TooFast
    """
    if not per_minute:
        return
    limit = Limit(forum, subject, per_minute)
    while not _is_counted(limit):
        limit.make_room()


def _is_counted(limit: Limit) -> bool:
    with connections[limit.forum.partition].cursor() as cursor:
        cursor.execute(*limit.counting())
        return cursor.rowcount == 1


@cache
def _counting(alias: str) -> str:
    table = connections[alias].ops.quote_name(Pace._meta.db_table)
    return (
        f"UPDATE {table} SET used_until = CASE WHEN used_until > %s THEN used_until ELSE %s END + %s"
        " WHERE forum_id = %s AND subject = %s AND used_until <= %s"
    )


def keyed(subject: str) -> str:
    """A digest that only this site can make: what is kept instead of an address."""
    return hmac.new(settings.SECRET_KEY.encode(), subject.encode(), hashlib.sha256).hexdigest()[:40]
