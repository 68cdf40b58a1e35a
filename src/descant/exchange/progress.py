"""How far an import is, told to whoever watches."""

import sys
from typing import Protocol

from tqdm import tqdm


class Progress(Protocol):
    """Who watches an import; `done` counts up to `total` in each stage."""

    def begin(self, stage: str, total: int) -> None: ...

    def reach(self, done: int) -> None: ...

    def end(self) -> None: ...


class Unwatched:
    """Nobody watches."""

    def begin(self, stage: str, total: int) -> None:
        """Nothing is told."""

    def reach(self, done: int) -> None:
        """Nothing is told."""

    def end(self) -> None:
        """Nothing is told."""


class Bar:
    """A progress bar on standard error, one for each stage."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def begin(self, stage: str, total: int) -> None:
        self.end()
        in_bytes = stage == "reading"
        unit = "B" if in_bytes else f" {stage}"
        self._bar = tqdm(total=total, desc=stage, unit=unit, unit_scale=in_bytes, file=sys.stderr)

    def reach(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
