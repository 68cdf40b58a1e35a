"""The trace at the end of each line of the log, so that one leads to the other."""

import logging

from django_headroom.operations.performance.recording import here


class Traced(logging.Formatter):
    """A formatter that adds the trace, where there is one.

    >>> LOGGING["formatters"] = {"traced": {"()": "django_headroom.operations.exporting.logs.Traced"}}
    """

    def format(self, record: logging.LogRecord) -> str:
        """As any formatter; what follows is "trace_id=" and 32 digits."""
        running = here()
        text = super().format(record)
        return f"{text} trace_id={running.trace_id}" if running is not None and running.trace_id else text
