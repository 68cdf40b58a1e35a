"""What Prometheus is told of a site: what its processes have counted, and what its databases know just now."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from wsgiref.simple_server import WSGIServer

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from descant.operate.commands import jobs
from descant.operate.reading_gauges import seconds_behind
from descant.operate.upgrading import aliases
from django_headroom.conf import headroom
from django_headroom.connections.patience import answered_within
from django_headroom.delayed.jobs.scheduling import late_jobs
from django_headroom.delayed.letters import queues
from django_headroom.delayed.models import Lane
from django_headroom.operations.exporting.folder import Processes
from django_headroom.operations.exporting.serving import listening
from django_headroom.operations.performance.indexes import residency

DECLARED_BY = jobs.DECLARED_BY
READ_EVERY, ANSWER_WITHIN = 10.0, 2.0  # seconds


def server() -> WSGIServer:
    """The port that Prometheus asks, as the settings say."""
    collectors = [Processes(Path(headroom().performance_metrics)), Site()]
    return listening(settings.DESCANT_METRICS, settings.DESCANT_METRICS_TOKEN, collectors)


class Site(Collector):
    """What the databases know; however often it is asked, they are asked once in ten seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: list[Metric] = []
        self._read_at = float("-inf")

    def describe(self) -> list[Metric]:
        """Nothing: no database is asked before somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """As they were a moment ago."""
        with self._lock:
            if time.monotonic() >= self._read_at + READ_EVERY:
                self._found = Readings().read()
                self._read_at = time.monotonic()
            found = self._found
        yield from found


class Readings:
    """One reading of all databases; one that does not answer is said to be down, and the others are read."""

    def __init__(self) -> None:
        self.up = GaugeMetricFamily(
            "descant_database_up", "Whether a database has answered.", labels=["database"]
        )
        self.events = GaugeMetricFamily(
            "descant_queue_events",
            "Events for the worker: due, later or dead.",
            labels=["database", "lane", "state"],
        )
        self.oldest = GaugeMetricFamily(
            "descant_queue_oldest_seconds", "How long the oldest is due.", labels=["database", "lane"]
        )
        self.behind = GaugeMetricFamily(
            "descant_replica_lag_seconds", "How far a replica is behind.", labels=["replica"]
        )
        self.blocks = CounterMetricFamily(
            "descant_index_blocks",
            "Blocks of indexes that were read, from memory or not.",
            labels=["database", "source"],
        )
        self.late = GaugeMetricFamily("descant_jobs_late", "Scheduled jobs that did not run as they should.")

    def read(self) -> list[Metric]:
        """All there is."""
        for alias in aliases():
            self._try(alias, self._of_database)
            for replica in headroom().replicas.get(alias, ()):
                self._try(replica, self._of_replica)
        with suppress(DatabaseError, InterfaceError), answered_within(ANSWER_WITHIN):
            self.late.add_metric([], len(late_jobs()))
        connections.close_all()
        return [self.up, self.events, self.oldest, self.behind, self.blocks, self.late]

    def _try(self, alias: str, read: Callable[[str], None]) -> None:
        try:
            with answered_within(ANSWER_WITHIN):
                read(alias)
        except (DatabaseError, InterfaceError):
            self.up.add_metric([alias], 0)
            connections[alias].close()
        else:
            self.up.add_metric([alias], 1)

    def _of_database(self, alias: str) -> None:
        found, now = queues(alias), timezone.now()
        for lane in Lane:
            name, of_lane = lane.name.lower(), [queue for queue in found if queue.lane == lane]
            counts = {
                state: sum(getattr(queue, state) for queue in of_lane) for state in ("due", "later", "dead")
            }
            for state, count in counts.items():
                self.events.add_metric([alias, name, state], count)
            ages = [(now - queue.oldest).total_seconds() for queue in of_lane if queue.oldest is not None]
            self.oldest.add_metric([alias, name], max(ages, default=0.0))
        if connections[alias].vendor == "postgresql":
            hit, read, _size = residency(alias)
            self.blocks.add_metric([alias, "memory"], hit)
            self.blocks.add_metric([alias, "elsewhere"], read)

    def _of_replica(self, replica: str) -> None:
        self.behind.add_metric([replica], seconds_behind(replica))
