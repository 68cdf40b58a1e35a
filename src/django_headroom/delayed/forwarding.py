"""``to_celery``: what is said goes on to a queue of Celery, for who has one; nothing here needs Celery."""

from collections.abc import Callable
from typing import Any

from django_headroom.delayed.receivers import Told


def to_celery(task: Any, **options: Any) -> Callable[..., None]:
    """A receiver that sends each event to a Celery task, with the event's id as the id of the task.

    The row stays until the broker has taken the message; so the task may come twice, with the same id.

    >>> comment_posted.connect(to_celery(app.tasks["index"], queue="slow"), dispatch_uid="index by celery")
    """

    def send(data: dict[str, Any], *, event: Told) -> None:
        task.apply_async(args=[data], task_id=str(event.event_id), **options)

    return send
