"""One line of JSON for each record, through syslog's socket: it waits for nobody, and says how many went lost."""

import json
import os
import socket
import threading
import time
from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from django_headroom.caching.tally import Tally
from django_headroom.conf import headroom
from django_headroom.operations.performance.recording import Database, Record

PRIORITY = 16 * 8 + 6  # local0, info
HOSTS_MOST = 10
TRY_EVERY = 1.0  # seconds, while nobody listens
HOST = socket.gethostname()

_tally = Tally()
_lock = threading.Lock()
_socket: socket.socket | None = None
_try_at = 0.0
_told_dropped = 0
_memory: int | None = None


def dropped() -> int:
    """How many lines this process could not send: nobody listened, or was full."""
    return _tally["dropped"]


def tell(record: Record) -> None:
    """Send the line of a record, if the settings name a socket."""
    if path := headroom().performance_socket:
        send(path, line_of(record))


def line_of(record: Record) -> dict[str, Any]:
    """What a record says: numbers and names of the project's own, nothing of who has asked or what for."""
    line: dict[str, Any] = {
        "at": round(record.began_at, 3),
        "kind": record.kind,
        "route": record.route,
        "release": headroom().release,
        "host": HOST,
        "pid": os.getpid(),
        "wall_ms": _ms(record.wall),
        "other_ms": _ms(max(0.0, record.wall - record.spent - record.templates[1])),
        "cpu_ms": _ms(record.cpu),
        "db": {alias: _of_database(each) for alias, each in record.databases.items()},
        "cache": {
            "n": record.cache[0],
            "ms": _ms(record.cache[1]),
            "hits": record.cache_hits,
            "misses": record.cache_misses,
            "errors": record.cache[2],
        },
        "calls": [
            {"host": host, "n": n, "ms": _ms(seconds), "errors": failed}
            for host, (n, seconds, failed) in list(record.calls.items())[:HOSTS_MOST]
        ],
        "templates": {"n": record.templates[0], "ms": _ms(record.templates[1])},
        "stale": record.stale,
        "switches": switches_on(),
        "rss_mb": memory_mb(),
    }
    if record.trace_id:
        line["trace_id"] = record.trace_id
    if record.kind != "request":
        line["failed"] = record.failed
    else:
        waited = None if record.waited is None else _ms(record.waited)
        line |= {"method": record.method, "status": record.status, "bytes": record.bytes}
        line["queue_ms"] = waited
    return line


def _of_database(sums: Database) -> dict[str, Any]:
    return {
        "n": sums.count,
        "ms": _ms(sums.seconds),
        "duplicates": sums.duplicates,
        "slowest_ms": _ms(sums.slowest),
    }


def switches_on() -> list[str]:
    """What the project says is on for this request; it is asked at the end of it, and must not raise."""
    path = headroom().performance_switches
    return sorted(_imported(path)()) if path else []


def memory_mb() -> float | None:
    """What this process holds in memory; None where the system does not tell."""
    global _memory
    try:
        if _memory is None:
            _memory = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        pages = os.pread(_memory, 100, 0).split()[1]
    except OSError:
        return None
    return round(int(pages) * os.sysconf("SC_PAGE_SIZE") / 1024**2, 1)


def send(path: str, line: dict[str, Any]) -> None:
    """Send a line, or drop and count it: whoever asks for a page must not wait for who reads the lines."""
    global _told_dropped
    gone = dropped()
    if gone > _told_dropped:
        line["dropped"] = gone
    text = json.dumps(line, separators=(",", ":"), default=str)
    message = f"<{PRIORITY}>headroom[{os.getpid()}]: @cee: {text}".encode()
    with _lock:
        if _sent(path, message):
            _told_dropped = gone
        else:
            _tally.note("dropped")


def _sent(path: str, message: bytes) -> bool:
    global _socket, _try_at
    if _socket is None and time.monotonic() < _try_at:
        return False
    try:
        if _socket is None:
            _socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            _socket.setblocking(False)
            _socket.connect(path)
        _socket.send(message)
    except BlockingIOError:
        return False
    except OSError:
        close()
        _try_at = time.monotonic() + TRY_EVERY
        return False
    return True


def close() -> None:
    """Let go of the socket; the next line opens one."""
    global _socket, _try_at
    if _socket is not None:
        _socket.close()
    _socket, _try_at = None, 0.0


def _begin_afresh() -> None:
    """In a forked process: what is open tells of its parent, and counts are its own."""
    global _lock, _memory, _told_dropped
    _lock, _told_dropped = threading.Lock(), 0
    if _memory is not None:
        os.close(_memory)
        _memory = None
    _tally.begin_afresh()
    close()


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


@lru_cache
def _imported(path: str) -> Any:
    return import_string(path)


os.register_at_fork(after_in_child=_begin_afresh)
