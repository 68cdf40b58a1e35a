"""``@task`` and ``.enqueue()``: plain jobs, shaped as ``django.tasks`` of Django 6, on the same rows and workers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django_headroom.delayed.models import AT_ONCE
from django_headroom.delayed.receivers import Retry
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.transactions import alias_of, writing
from django_headroom.updates import insert


@dataclass(frozen=True)
class Task:
    """A function that a worker calls later, at least once for each ``enqueue``."""

    func: Callable[..., Any]
    signal: DelayedSignal
    at: Any = "default"
    run_after: datetime = AT_ONCE

    @property
    def name(self) -> str:
        """Its lasting name, in rows and messages."""
        return self.signal.name

    def using(self, *, at: Any = None, run_after: datetime | None = None) -> "Task":
        """The same task in another database, or later.

        >>> weigh.using(at=bakery, run_after=tomorrow).enqueue(7)
        """
        return replace(self, at=at or self.at, run_after=run_after or self.run_after)

    def enqueue(self, *args: Any, **kwargs: Any) -> UUID:
        """Write the call down, with JSON as arguments; in the transaction that is open there, else in one of its own.

        Returns:
            The id of its event.
        """
        with writing(self.at):
            row = self.signal.event(args=list(args), kwargs=kwargs)
            row.due_at = self.run_after
            insert(row, using=alias_of(self.at))
        return row.event_id

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function here and now."""
        return self.func(*args, **kwargs)


def task(
    func: Callable[..., Any] | None = None,
    *,
    queue_name: str = "low",
    at: Any = "default",
    retry: Retry | None = None,
) -> Any:
    """Make a task of a function of a module; it takes and is given plain JSON.

    Args:
        queue_name: ``high``, ``low`` or ``bulk``.
        at: the place in whose database the calls are written down, unless ``using`` says another.
        retry: how often it is tried.

    >>> @task(queue_name="bulk")
    ... def weigh(item_id):
    ...     ...
    >>> weigh.enqueue(7)
    """

    def make(func: Callable[..., Any]) -> Task:
        signal = DelayedSignal(f"{func.__module__}.{func.__qualname__}"[-100:], schema=1)
        signal.connect(
            lambda data: func(*data["args"], **data["kwargs"]),
            dispatch_uid="task",
            queue=queue_name,
            retry=retry,
        )
        return Task(func, signal, at)

    return make if func is None else make(func)
