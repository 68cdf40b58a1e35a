"""Limits on how fast one account or address writes: a row each, changed by one statement (the GCRA algorithm).

The row changes in the transaction of the act, so what is refused costs nothing and a limit holds over all processes.
"""

import hashlib
import hmac
import math
import time

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from descant.discussion.models import Pace
from descant.forums.models import Forum


class TooFast(Exception):
    """Somebody writes faster than the limit; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(_("That was too fast: try again in %(seconds)s seconds.") % {"seconds": retry_after})


def keep_pace(*, forum: Forum, subject: str, per_minute: int) -> None:
    """Count one act of a subject, or refuse it.

    Args:
        subject: who acts, such as ``post/u7`` or ``vote/192.0.2.7``; only a keyed digest is kept.
        per_minute: how many acts a minute may bring, all at once if it likes; 0 for no limit.

    Raises:
        TooFast
    """
    if not per_minute:
        return
    now, interval = time.time(), 60.0 / per_minute
    rows = Pace.objects.of(forum).filter(subject=keyed(subject))
    used = Greatest(F("used_until"), Value(now)) + interval
    if rows.filter(used_until__lte=now + 60.0 - interval).update(used_until=used):
        return
    used_until = rows.values_list("used_until", flat=True).first()
    if used_until is not None:
        raise TooFast(max(1, math.ceil(used_until + interval - now - 60.0)))
    Pace.objects.of(forum).bulk_create(
        [Pace(forum_id=forum.pk, subject=keyed(subject), used_until=now + interval)], ignore_conflicts=True
    )


def keyed(subject: str) -> str:
    """A digest that only this site can make: what is kept instead of an address."""
    return hmac.new(settings.SECRET_KEY.encode(), subject.encode(), hashlib.sha256).hexdigest()[:40]
