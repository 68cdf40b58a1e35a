"""How many requests an hour may bring: of a program by its secret keys, and by a public one of each address."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse

from descant.accounts.network import client_address
from descant.api.asking import Shown, token_in
from descant.discussion.judging.pacing import TooFast
from django_headroom.counters.hourly import hours, seconds_left

HEADERS = ("X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset")


class UsedUp(TooFast):
    """More requests than an hour may bring."""

    def __str__(self) -> str:
        return "You have exceeded your hourly limit of requests."


@dataclass(frozen=True)
class Spent:
    """How much of the hour's requests is used; the next hour begins in ``left`` seconds, at ``reset`` since 1970."""

    limit: int
    count: int
    left: int
    reset: int

    def check(self) -> None:
        """Raises: UsedUp"""
        if self.count > self.limit:
            raise UsedUp(self.left)

    def tell(self, answer: HttpResponse) -> None:
        """Say it by the headers of the answer."""
        values = (self.limit, max(0, self.limit - self.count), self.reset)
        for name, value in zip(HEADERS, values, strict=True):
            answer.headers[name] = str(value)


def spend(shown: Shown) -> Spent | None:
    """Count a request; None where there is no limit."""
    limit = settings.DESCANT_API_PER_HOUR
    if not limit:
        return None
    now = time.time()
    left = seconds_left(now)
    return Spent(limit, hours().count(_who(shown), now), left, int(now) + left)


def _who(shown: Shown) -> str:
    is_secret = shown.given.get("api_secret") or token_in(shown.request, shown.given)
    address = client_address(shown.request)
    return f"key/{shown.key.pk}" if is_secret or not address else f"address/{address}"
