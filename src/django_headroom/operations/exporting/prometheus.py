"""The numbers of this process for Prometheus, in a file of its own that is read together with those of the others.

Wants ``prometheus-client``. Labels are names of the project's own: routes, jobs, databases; nothing that somebody sent.
"""

from prometheus_client import Counter, Gauge, Histogram

from django_headroom.caching.tally import Tally
from django_headroom.connections import pooling
from django_headroom.operations.exporting import readings
from django_headroom.operations.performance import recording, telling, watching
from django_headroom.operations.performance.recording import Counted, Record, counted_since

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
NAMES_MOST, OTHERS = 1_000, "(others)"  # routes and jobs that are told apart
OF = ["kind", "route"]
MB = 1024**2

requests = Counter(
    "headroom_requests", "Requests and jobs that have ended; of a job ok or failed.", [*OF, "status"]
)
duration = Histogram("headroom_request_duration_seconds", "How long they took.", OF, buckets=SECONDS)
cpu = Counter("headroom_request_cpu_seconds", "Processor time of their threads.", OF)
queries = Counter("headroom_queries", "Statements that they have sent.", [*OF, "database"])
query_seconds = Counter("headroom_query_seconds", "How long those took.", [*OF, "database"])
calls = Counter("headroom_calls", "Calls to other hosts.", [*OF, "result"])
call_seconds = Counter("headroom_call_seconds", "How long those took.", OF)
lookups = Counter("headroom_cache_lookups", "Questions to caches: hit, miss, or error.", ["result"])
sent = Counter("headroom_response_bytes", "Bytes of whole answers, before they are packed.", OF)
stale = Counter("headroom_stale_answers", "Answers that were older than they should be.", OF)
dropped = Counter("headroom_records_dropped", "Lines that syslog did not take.")

processes = Gauge("headroom_processes", "Processes that are at work.", multiprocess_mode="livesum")
memory = Gauge("headroom_memory_bytes", "What they hold in memory.", multiprocess_mode="livesum")
connections = Gauge(
    "headroom_pool_connections",
    "Connections of pools: idle or busy.",
    ["database", "state"],
    multiprocess_mode="livesum",
)
waiting = Gauge(
    "headroom_pool_waiting", "Who waits for a connection.", ["database"], multiprocess_mode="livesum"
)
refused = Counter("headroom_pool_refused", "Who was given none in time.", ["database"])

_names: set[str] = set()
_seen: dict[Counted, int] = {}
_told: dict[str, int] = {}  # of what only goes up, how much was told so far
_of_project: dict[str, Gauge] = {}
_lost = Tally()


def begin() -> None:
    """Hear of each record, and read what goes up and down once a second."""
    recording.at_the_end.append(add)
    watching.each_second.append(read)


def add(record: Record) -> None:
    """Bring a record into the numbers; where they cannot be written, it is lost and the request is not."""
    try:
        _add(record)
    except OSError:
        _lost.note("records")


def read() -> None:
    """Read what goes up and down, and bring in what was only counted."""
    for counted, more in counted_since(_seen).items():
        labels = (counted.kind, name_of(counted.name))
        ended = stale.labels(*labels) if counted.column == "stale" else requests.labels(*labels, "")
        ended.inc(more)
    processes.set(1)
    memory.set((telling.memory_mb() or 0) * MB)
    dropped.inc(_more("dropped", telling.dropped()))
    for alias, pool in pooling.gauges().items():
        connections.labels(alias, "idle").set(pool.idle)
        connections.labels(alias, "busy").set(pool.size - pool.idle)
        waiting.labels(alias).set(pool.waiting)
        refused.labels(alias).inc(_more(alias, pool.refused))
    for name, reading in list(readings.items()):
        _gauge(name, reading.words).set(reading.read())


def name_of(route: str) -> str:
    """A route or job, as long as there are not too many: each costs a dozen series."""
    if route not in _names and len(_names) >= NAMES_MOST:
        return OTHERS
    _names.add(route)
    return route


def _add(record: Record) -> None:
    labels = (record.kind, name_of(record.route))
    status = str(record.status) if record.status else ("failed" if record.failed else "ok")
    requests.labels(*labels, status).inc()
    duration.labels(*labels).observe(record.wall)
    cpu.labels(*labels).inc(record.cpu)
    for alias, asked in record.databases.items():
        queries.labels(*labels, alias).inc(asked.count)
        query_seconds.labels(*labels, alias).inc(asked.seconds)
    for number, seconds, failed in record.calls.values():
        calls.labels(*labels, "failed").inc(failed)
        calls.labels(*labels, "ok").inc(number - failed)
        call_seconds.labels(*labels).inc(seconds)
    results = {"hit": record.cache_hits, "miss": record.cache_misses, "error": record.cache[2]}
    for result, number in results.items():
        if number:
            lookups.labels(result).inc(number)
    if record.stale:
        stale.labels(*labels).inc()
    if record.bytes:
        sent.labels(*labels).inc(record.bytes)


def _more(name: str, number: int) -> int:
    more = max(0, number - _told.get(name, 0))
    _told[name] = number
    return more


def _gauge(name: str, words: str) -> Gauge:
    if name not in _of_project:
        _of_project[name] = Gauge(name, words, multiprocess_mode="livesum")
    return _of_project[name]
