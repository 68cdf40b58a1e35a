"""Every setting of the toolkit, typed, with its default; a project writes them as one dict, ``HEADROOM``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

PARTITIONED = "partitioned"
EVERYWHERE = "everywhere"
MOST_SLOTS = 1_023


@dataclass(frozen=True)
class Headroom:
    """The settings, one attribute each; in ``HEADROOM`` they are written in capitals."""

    homes: Mapping[str, str] = field(default_factory=dict)
    """App, or "app.Model" -> database alias, PARTITIONED (rows live by tenant) or EVERYWHERE (a table in each)."""

    slots: Mapping[str, int] = field(default_factory=dict)
    """Partition alias -> its slot (1 to 1,023), from which its ids start; never reused."""

    ledger: str = ""
    """Alias of the database that keeps the ledger of slots, in which none is used twice; empty: none is kept."""

    directory: str = ""
    """Dotted path of ``(tenant_id: int) -> str``: the alias of the partition that holds a tenant's rows."""

    replicas: Mapping[str, Sequence[str] | Mapping[str, float]] = field(default_factory=dict)
    """Alias of a primary -> aliases of its replicas; or replica -> its weight, its share of the readers."""

    replica_lag_bytes: int = 1_048_576
    """A replica further behind than this, in bytes of write-ahead log, is not read from."""

    replica_lag_seconds: float = 5.0
    """A replica that is where its primary was longer ago than this is not read from."""

    replica_check_seconds: float = 1.0
    """How old the last look at a replica may be, and how long one that failed is left alone."""

    replica_answer_seconds: float = 1.0
    """How long a statement may take on a replica before it is given up and read on the primary."""

    replica_wait_seconds: float = 0.05
    """How long somebody waits for a replica to come to what she wrote, before she reads the primary."""

    replica_position_seconds: float = 60.0
    """How long it is remembered how far somebody has written; longer than any replica that is read may be behind."""

    replica_cache: str = "default"
    """Alias of the Django cache, shared by all processes, that remembers it."""

    replica_fallbacks: int = 8
    """How many readers of a process may read a primary at once while none of its replicas is near; 0: any number."""

    answer_seconds: float = 0.0
    """Under ``AnsweredInTime``, how long a statement of a request may take till its connection is cut; 0: no bound."""

    pooled: Mapping[str, str] = field(default_factory=dict)
    """Alias that leads to a pooler in transaction mode -> the one that leads to its server directly, or ""."""

    fetch_wait_seconds: float = 1.0
    """How long a reader waits for a value that somebody else makes and of which there is none to give till then."""

    fetch_lease_seconds: float = 10.0
    """How long whoever makes a value may take before another begins; so long a maker who died is waited for."""

    fetch_makers: int = 4
    """How many of a process may make values at once that others are at already, after waiting in vain."""

    rows_audited: int = 1_000
    """Of so many rows that are read from the cache by their keys, one is compared with the database; 0: none."""

    delayed_tries: int = 36
    """How often a receiver is tried before its event is laid aside as dead: a day, as the pauses grow to an hour."""

    delayed_lease_seconds: int = 30
    """How long a claimed event stays with its worker before another may take it."""

    delayed_remember_seconds: int = 3_600
    """How long at least it is remembered that a receiver has heard an event, where it acts once for each."""

    refuse_bare_save: bool = False
    """Whether ``save()`` of an existing row without ``update_fields`` is refused, on models that ask."""

    counters_folder: str = ""
    """Where buffered counters of this machine write down what they count; without one they change the row at once."""

    counters_gather_seconds: float = 0.25
    """How long a process keeps what a buffered counter that is ``gathered`` counts before it writes that down."""

    cache: tuple[str, ...] = ()
    """The memcached nodes, each as "NAME=HOST:PORT*WEIGHT", of which the place is enough; none: the embedded store."""

    cache_seconds: float = 0.05
    """How long a cache server may take before it is given up; or how long the embedded store waits for a writer."""

    cache_look_seconds: float = 5.0
    """How long a cache server that was given up is left alone between two looks at it."""

    cache_links: int = 8
    """How many connections one process has to one cache server, at most."""

    cache_value_bytes: int = 1_000_000
    """What is longer is not kept; memcached itself takes a megabyte with its name, unless it is begun with -I."""

    cache_folder: str = ""
    """Where the embedded store lies, on a local disk; by default among the temporary files."""

    cache_bytes: int = 268_435_456
    """How large the embedded store's file may become."""

    freshness_file: str = ""
    """A file, best in ``/dev/shm``, by which all processes of a machine know what is old; without one each is alone."""

    switches: tuple[str, ...] = ("default",)
    """Aliases of the databases that keep the switches; the first gives the order, others stand in while it is away."""

    held_seconds: float = 1.0
    """A transaction of ``writing()`` that was open longer is reported when it ends."""

    held_template_seconds: float = 0.01
    """In tests, a template that takes longer inside a transaction is an error."""

    first_write: tuple[str, ...] = ("default",)
    """The databases of which one may be written in a request under ``FirstWrite``."""

    first_write_together: bool = False
    """Whether several of them may be written in one request; their transactions are two, not one."""

    first_write_undone_from: int = 500
    """Under ``FirstWrite`` an answer with this status or a higher one undoes what the request wrote."""

    release: str = ""
    """What is running, as it stands in records: a version or a commit."""

    performance_socket: str = ""
    """The UNIX socket of syslog, such as "/dev/log", to which each request's record is sent; empty: none is."""

    performance_stack_seconds: float = 1.0
    """A request that runs for longer is told of while it still runs, with its stack; 0: none is."""

    performance_slow_seconds: float = 0.2
    """A statement that takes longer is told of and kept; 0: none is."""

    performance_comments: bool = False
    """Whether each statement says in a comment its route, line and release, for the log of the database's server."""

    performance_keep_seconds: float = 0.0
    """How often a process writes down the sums of what it has recorded, in the home of "performance"; 0: never."""

    performance_packages: tuple[str, ...] = ()
    """The packages of which a line may be named as the culprit; none: the one of ``ROOT_URLCONF``."""

    performance_metrics: str = ""
    """A folder of this machine where each process writes its numbers for Prometheus; empty: none does."""

    performance_traces: str = ""
    """Where spans are sent by OTLP over HTTP, such as "http://127.0.0.1:4318/v1/traces"; empty: there are none."""

    performance_traces_part: float = 1.0
    """Of how many requests there are spans: of all, or of every hundredth with 0.01."""

    performance_switches: str = ""
    """Dotted path of ``() -> Iterable[str]``: which switches are on for who asks; it must not raise. Empty: none."""

    errors_seconds: float = 1.0
    """How often a process brings what it has counted to the store of errors; 0: only when ``flush()`` is called."""

    errors_folder: str = ""
    """Where a process that ends leaves what the store did not take; without one that is lost."""

    errors_dsn: str = ""
    """A server of the Sentry protocol that is sent the errors instead of the built-in store."""

    errors_own: tuple[str, ...] = ()
    """Packages that are the project's own though they are installed; what is not installed is so anyway."""

    errors_hidden: tuple[str, ...] = ()
    """More names, in lower case, under which a value is never shown in an error."""

    errors_context: str = ""
    """Dotted path of ``(request or None) -> dict``: ``person``, ``tenant`` and ``tags`` of what failed."""

    errors_keys: Mapping[str, str] = field(default_factory=dict)
    """Number of a project -> key, of other programs whose errors are taken in."""

    def __post_init__(self) -> None:
        """Refuse slots that would let two databases hand out the same id."""
        numbers = sorted(self.slots.values())
        if len(set(numbers)) < len(numbers):
            raise ImproperlyConfigured(
                f"HEADROOM['SLOTS'] gives one slot twice, {numbers}: give each its own."
            )
        if numbers and not 1 <= numbers[0] <= numbers[-1] <= MOST_SLOTS:
            raise ImproperlyConfigured(f"HEADROOM['SLOTS'] has {numbers}: a slot is from 1 to {MOST_SLOTS}.")
        worst = self.replica_lag_seconds + 2 * self.replica_check_seconds + self.replica_answer_seconds
        if self.replica_position_seconds <= worst:
            raise ImproperlyConfigured(
                f"HEADROOM['REPLICA_POSITION_SECONDS'] is {self.replica_position_seconds:g}, and a replica that is "
                f"read may be {worst:g} seconds behind: remember longer."
            )

    @property
    def partitions(self) -> tuple[str, ...]:
        """The aliases of all partitions, in the order of their slots."""
        return tuple(sorted(self.slots, key=lambda alias: self.slots[alias]))


@cache
def headroom() -> Headroom:
    """The project's settings.

    Raises:
        ImproperlyConfigured: ``HEADROOM`` holds a name that is none of the settings, or slots that clash.
    """
    written: dict[str, Any] = getattr(settings, "HEADROOM", {})
    known = {each.name.upper(): each.name for each in fields(Headroom)}
    unknown = sorted(set(written) - set(known))
    if unknown:
        raise ImproperlyConfigured(
            f"HEADROOM has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}."
        )
    return Headroom(**{known[name]: value for name, value in written.items()})


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "HEADROOM":
        headroom.cache_clear()


setting_changed.connect(_forget)
