"""What a process and all that it has started take: processor time, memory."""

import os
from collections import defaultdict
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Of a process, its descendants, and those of them that have ended and were waited for."""
    ticks = 0
    for each in with_descendants(pid):
        fields = _stat(each)
        ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS_PER_SECOND


def memory_mb(pid: int) -> tuple[float, int]:
    """Megabytes of a process and its descendants, shared pages counted once (PSS); and how many processes."""
    kilobytes, count = 0, 0
    for each in with_descendants(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        found = [int(line.split()[1]) for line in lines if line.startswith("Pss:")]
        kilobytes, count = kilobytes + sum(found), count + bool(found)
    return kilobytes / 1_024, count


def with_descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields:
            children[int(fields[1])].append(int(folder.name))
    found = [pid]
    for each in found:  # grows while it is walked
        found += children[each]
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []
