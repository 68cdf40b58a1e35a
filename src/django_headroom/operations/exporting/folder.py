"""All processes of a machine as one: what each has written, and what those had written who are gone.

The library's files stay when their process ends: of what goes up and down it takes them away when it is told to, and of
counts it keeps each for ever. Here the gone are added up in one file each, so that there are as many as processes.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

THE_GONE = 0  # no process has this number
_FILE = re.compile(r"(counter|histogram|gauge_\w+)_(\d+)\.db")


class Processes(Collector):
    """What all processes have written into a folder; to be registered.

    >>> CollectorRegistry().register(Processes(folder))
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> list[Metric]:
        """Nothing: what there is, is known when it is asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The sums, when those who are gone were swept up."""
        with _alone(self._folder):
            _sweep(self._folder)
            found = list(MultiProcessCollector(None, str(self._folder)).collect())
        yield from found


def _sweep(folder: Path) -> int:
    """Add up what those have counted who are gone, and take away what they had just then.

    Returns:
        How many were found gone.
    """
    gone = {pid for pid in _pids(folder) if not _is_there(pid)}
    for pid in gone:
        mark_process_dead(pid, str(folder))
        for kind in ("counter", "histogram"):
            with suppress(FileNotFoundError):
                _add_up(folder / f"{kind}_{pid}.db", folder / f"{kind}_{THE_GONE}.db")
    return len(gone)


def _add_up(one: Path, total: Path) -> None:
    counted = MmapedDict.read_all_values_from_file(str(one))
    sums = MmapedDict(str(total))
    for key, value, _at, _position in counted:
        before, _ = sums.read_value(key)
        sums.write_value(key, before + value, 0.0)
    sums.close()
    one.unlink()


def _pids(folder: Path) -> set[int]:
    found = (_FILE.fullmatch(path.name) for path in folder.iterdir())
    return {int(match[2]) for match in found if match} - {THE_GONE}


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two who are asked at once would add the same twice."""
    with open(folder / "lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
