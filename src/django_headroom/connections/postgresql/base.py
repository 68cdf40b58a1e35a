"""A database engine, ``django_headroom.connections.postgresql``: what is bounded by ``patience`` ends in time.

Django's hooks see statements, and neither the commit nor the wait for a connection; so this is a subclass. It reads
moments by the driver's C, where they are kept in UTC: Django reads each of them by Python.
"""

from datetime import UTC
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout, TooManyRequests

from django_headroom.connections.patience.bounds import in_time, is_bounded, watch_statement
from django_headroom.connections.patience.silence import ask, is_silent, note

# In the time zone of the connection, which Django sees to.
_MOMENTS = psycopg.adapters.get_loader(base.TIMESTAMPTZ_OID, psycopg.pq.Format.TEXT)

_failures: dict[
    str, int
] = {}  # alias -> how often its pool has failed to make a connection, as far as is known


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection; what it waits for has an end in a block that is ``answered_within`` some seconds."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.execute_wrappers.append(watch_statement)

    def get_new_connection(self, conn_params: Any) -> Any:
        if is_bounded():
            ask(self.alias)
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            if is_silent(self.alias) or self._is_out_of_reach(error):
                note(self.alias, answered=False)
            raise

    def create_cursor(self, name: str | None = None) -> Any:
        cursor: Any = super().create_cursor(name)
        if self.timezone is UTC:
            cursor.adapters.register_loader(base.TIMESTAMPTZ_OID, _MOMENTS)
        return cursor

    def init_connection_state(self) -> None:
        """Django may say a word here that passes no wrapper, as to set the time zone."""
        in_time(self, super().init_connection_state)

    def _is_out_of_reach(self, error: psycopg.OperationalError) -> bool:
        """A pool whose connections are all in use is no reason; one that tried in vain to make more is."""
        if not isinstance(error, PoolTimeout | TooManyRequests):
            return True
        before = _failures.get(self.alias, 0)
        _failures[self.alias] = self.pool.get_stats().get("connections_errors", 0)
        return _failures[self.alias] > before

    def _commit(self) -> None:
        if self.connection is not None:
            in_time(self, super()._commit)  # type: ignore[misc]  # Django's own, unknown to its stubs

    def _rollback(self) -> None:
        if self.connection is not None:
            in_time(self, super()._rollback)  # type: ignore[misc]  # Django's own, unknown to its stubs
