"""A target at a real server, and what became of what was sent to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from descant.followups.models import Delivery
from descant.forums.models import Target
from descant.forums.webhooks.targets import Wish, add_target
from django_headroom.delayed.models import Event
from django_headroom.delayed.worker import drain
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.discussion.judging.outsiders import Outsider

Work = Callable[[], None]
Told = list[dict[str, Any]]


@pytest.fixture
def target(cast: Cast, out: Outsider) -> Target:
    return add_target(forum=cast.gazette, wish=Wish(out.url("/told")))


@pytest.fixture
def work(db: None) -> Work:
    """Do all that is due, as the worker does."""

    def worked() -> None:
        while sum(drain(alias) for alias in ALL_DATABASES[::-1]):
            pass

    return worked


def time_passes() -> None:
    """Until what waits for another try is due, and its target has rested."""
    past = timezone.now() - timedelta(seconds=1)
    Event.objects.using("default").filter(signal="delivery_due").update(due_at=past)
    Target.objects.update(rest_until=None)


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def message_ids(out: Outsider) -> list[str]:
    return [headers["webhook-id"] for _path, headers, _body in out.heard]
