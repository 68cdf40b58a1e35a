"""Whether the machine is quiet enough to measure on."""

import os
import sys
import time

from bench.rig.reading.processes import TICKS_PER_SECOND, processor_seconds

BUSY_SHARE = 0.25
PATIENCE = 60.0


def wait_for_quiet(patience: float = PATIENCE) -> None:
    """Wait until other work takes less than a quarter of the processors; say so if it never does."""
    until = time.monotonic() + patience
    while (share := busy_share()) > BUSY_SHARE:
        if time.monotonic() > until:
            print(f"The machine stays busy ({share:.0%}): these figures are too low.", file=sys.stderr)
            return
        time.sleep(1)


def busy_share(seconds: float = 0.5) -> float:
    """The share of processor time that was used, by anybody, while we slept."""
    before = _times()
    time.sleep(seconds)
    after = _times()
    total = sum(after) - sum(before)
    idle = after[3] + after[4] - before[3] - before[4]
    return 1 - idle / total if total else 0.0


class Others:
    """How much of the processors others take – all but this process and what it has started – from now on."""

    def __init__(self) -> None:
        self.used, self.own, self.began = self._used(), processor_seconds(os.getpid()), time.monotonic()

    def share(self) -> float:
        """… until now; what a hypervisor takes away is theirs too. Interrupts are nobody's."""
        used, own = self._used() - self.used, processor_seconds(os.getpid()) - self.own
        return max(0.0, used - own) / (time.monotonic() - self.began) / (os.cpu_count() or 1)

    @staticmethod
    def _used() -> float:
        user, nice, system, _, _, _, _, stolen = _times()
        return (user + nice + system + stolen) / TICKS_PER_SECOND


def _times() -> list[int]:
    with open("/proc/stat", encoding="ascii") as file:
        return [int(each) for each in file.readline().split()[1:9]]


if os.name != "posix":
    raise SystemExit("The benchmarks run on Linux.")
