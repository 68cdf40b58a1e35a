"""What is noted of requests and jobs, and who is told of it: the pages, syslog, Prometheus, OpenTelemetry, the log."""

from pathlib import Path
from typing import Any

from descant.site.configuring.variables import LOG_LEVELS, Variables
from descant.site.front.places import metrics_folder

TRACED = "django_headroom.operations.exporting.logs.Traced"


def observing(said: Variables, data: Path) -> dict[str, Any]:
    """Of ``HEADROOM``: what the environment says."""
    return {
        "PERFORMANCE_SOCKET": said.text("DESCANT_SYSLOG"),
        "PERFORMANCE_SLOW_SECONDS": said.seconds("DESCANT_SLOW_SECONDS", 0.2),
        "PERFORMANCE_KEEP_SECONDS": said.seconds("DESCANT_PERFORMANCE_SECONDS", 15),
        "PERFORMANCE_COMMENTS": said.is_on("DESCANT_SQL_COMMENTS"),
        "PERFORMANCE_STACK_SECONDS": said.seconds("DESCANT_STACK_SECONDS", 1),
        "PERFORMANCE_SWITCHES": "descant.switches.names_on",
        "PERFORMANCE_METRICS": str(metrics_folder(data)) if said.text("DESCANT_METRICS") else "",
        "PERFORMANCE_TRACES": said.text("DESCANT_TRACES"),
        "PERFORMANCE_TRACES_PART": 1 / said.number("DESCANT_TRACES_ONE_IN", 1, least=1),
    }


def logging(said: Variables) -> dict[str, Any]:
    """``LOGGING``: all to standard error, with the trace where there are traces."""
    formatters = {"line": {"()": TRACED} if said.text("DESCANT_TRACES") else {}}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        # What strangers get wrong is answered, and no news: a log that they can fill tells nothing any more.
        "loggers": {
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "django.request": {"level": "ERROR"},
        },
        "root": {
            "handlers": ["console"],
            "level": said.one_of("DESCANT_LOG", "WARNING", choices=LOG_LEVELS),
        },
    }
