"""Bulk walks: a table gone through once, in steps that are each one transaction with how far it has come."""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from django.db import models
from django.utils import timezone

from django_headroom.delayed.models import Walk
from django_headroom.skinny import range_iter
from django_headroom.transactions import writing

Act = Callable[[Sequence[Any]], object]


def walk_on(
    name: str,
    rows: models.QuerySet[Any],
    act: Act,
    *,
    step: int = 500,
    share: float = 0.5,
    pause: Callable[[], None] | None = None,
) -> Walk:
    """Have ``act(rows)`` change the rows of a queryset, step by step; begun again it goes on where it was stopped.

    Args:
        name: the walk's lasting name; a walk that has ended does nothing.
        rows: of one database, in no order of their own; see ``range_iter``.
        act: writes to that database alone.
        share: the part of the time that it takes, so that others come to the disks as well; 1 for all of it.
        pause: called between steps, as ``copies_near(alias)``, or a function that waits while a switch is off.

    Returns:
        The walk: ``walked`` rows, ``ended_at``.

    >>> walk_on("render anew", Comment.objects.using("p1"), render_anew, pause=copies_near("p1"))
    """
    walk, _ = Walk.objects.using(rows.db).get_or_create(name=name)
    while walk.ended_at is None:
        began = time.monotonic()
        walk = _step(walk, rows, act, step)
        if walk.ended_at is None:
            time.sleep((time.monotonic() - began) * (1 / share - 1))
            if pause is not None:
                pause()
    return walk


def _step(walk: Walk, rows: models.QuerySet[Any], act: Act, step: int) -> Walk:
    """What it changes and how far the walk has come is one transaction: killed anywhere, it is both or neither."""
    with writing(rows.db) as alias:
        held = Walk.objects.using(alias).select_for_update().get(pk=walk.pk)  # somebody else may go it too
        if held.ended_at is None:
            steps = range_iter(rows, step=step, start_after=held.token or None)
            found = list(islice(steps, step))
            if found:
                act(found)
            held.token, held.walked = steps.token or held.token, held.walked + len(found)
            held.ended_at = timezone.now() if len(found) < step else None
            held.save(using=alias, update_fields=["token", "walked", "ended_at"])
    return held
