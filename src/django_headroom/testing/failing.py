"""What a test that fails shows beside its traceback."""

from django.apps import apps
from django.db import DatabaseError, connections
from django.test.testcases import DatabaseOperationForbidden  # type: ignore[attr-defined]  # unknown to its stubs

from django_headroom.testing.replicas import primary_of

EVENTS_SHOWN = 10


def unheard_events() -> str:
    """The events of ``delayed`` that stand in the databases to which this thread is connected, a line each."""
    if not (apps.ready and apps.is_installed("django_headroom.delayed")):
        return ""
    lines: list[str] = []
    for connection in connections.all(initialized_only=True):
        if connection.connection is None or primary_of(connection) is not None or not connection.is_usable():
            continue
        events = apps.get_model("delayed", "Event").objects.using(connection.alias).order_by("-id")
        try:
            told = [
                f"{connection.alias}: {each.signal} {each.payload}, tried {each.tries} times {each.error}".rstrip()
                for each in events[:EVENTS_SHOWN]
            ]
        except (DatabaseError, DatabaseOperationForbidden):  # no such table; not a database of the test
            continue
        lines += reversed(told)
    return "\n".join(lines)
