"""What is to be made, in a file of the data folder before the first row is: a run that was killed goes on by it."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.db import connections, models
from django.utils import timezone

from descant.accounts.models import User
from descant.discussion.models import Comment, Thread
from descant.forums.models import Forum
from descant.operate.commands import CommandFailed
from descant.operate.like_talk.blocks import take_run
from descant.operate.like_talk.sizes import Shares, Sizes, scattered, threads_of
from descant.operate.like_talk.stream import Home, Stream, homes_by_partition
from django_headroom.conf import headroom

FILE, LOCK = "seed-like-talk.json", "seed-like-talk.lock"
_BEGIN = 1_193_702_400_000_000  # 30 October 2007, in microseconds since 1970
_WHOLE = 1 << 62


@dataclass
class Plan:
    """How much, up to when, and the runs of ids: ``ids["p1"]["Comment"]`` is (first, last, step)."""

    scale: float
    until: int
    partitions: list[str]
    ids: dict[str, dict[str, tuple[int, int, int]]] = field(default_factory=dict)
    # What was taken off empty tables, to be built when they are full: SQL by name, by database.
    taken_off: dict[str, dict[str, str]] = field(default_factory=dict)
    is_done: bool = False

    @property
    def sizes(self) -> Sizes:
        return Sizes.at(self.scale)

    def run_of(self, alias: str, model: type[models.Model]) -> range:
        """The ids of a model's rows, taken when they are first asked for."""
        runs = self.ids.setdefault(alias, {})
        name = model.__name__
        if name not in runs:
            found = take_run(alias, model, self._counts(alias)[name])
            runs[name] = (found[0], found[-1], found.step)
            self.keep()
        first, last, step = runs[name]
        return range(first, last + 1, step)

    def written(self, alias: str, model: type[models.Model]) -> int:
        """How many rows of a run are there: they are written in the order of their ids."""
        run = self.run_of(alias, model)
        with connections[alias].cursor() as cursor:
            table = connections[alias].ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT max(id) FROM {table} WHERE id BETWEEN %s AND %s", [run[0], run[-1]])
            last = cursor.fetchone()[0]
        return 0 if last is None else run.index(last) + 1

    @cached_property
    def homes(self) -> dict[str, list[Home]]:
        """The forums of each partition, the largest first."""
        sizes, ids = self.sizes, self.run_of("default", Forum)
        shares, span = Shares(sizes.forums), 0.95 * (self.until - _BEGIN) / _WHOLE
        homes = (
            Home(
                number,
                ids[number],
                shares.share(sizes.comments, sizes.forums, number),
                _BEGIN + int(span * scattered(number) * (0.3 + 0.7 * number / sizes.forums)),
            )
            for number in range(sizes.forums)
        )
        return homes_by_partition(homes, self.partitions)

    def stream(self, alias: str) -> Stream:
        """All that is said in a partition."""
        homes = self.homes[alias]
        shares = Shares(max(threads_of(home.comments) for home in homes))
        return Stream(homes, shares, self.until, (self.run_of(alias, Thread), self.run_of(alias, Comment)))

    def keep(self) -> None:
        """Write the file, whole or not at all."""
        path = settings.DESCANT_DATA / FILE
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1) + "\n")
        beside.replace(path)

    def _counts(self, alias: str) -> dict[str, int]:
        """Of threads at most so many, for one in which nothing is said is not made."""
        sizes = self.sizes
        if alias == "default":
            return {Forum.__name__: sizes.forums, User.__name__: sizes.users}
        homes = self.homes[alias]
        return {
            Comment.__name__: sum(home.comments for home in homes),
            Thread.__name__: sum(threads_of(home.comments) for home in homes),
        }


@contextmanager
def planned(scale: float) -> Iterator[Plan]:
    """The plan of the run that was begun here, else a new one; nobody else has it meanwhile.

    Raises:
        CommandFailed: another run is at it, or was begun with another scale.
    """
    folder: Path = settings.DESCANT_DATA
    with open(folder / LOCK, "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed(
                "another `descant seed --like talk` is running on this data folder."
            ) from None
        plan = _read(folder / FILE) or _begin(scale)
        if plan.scale != scale:
            raise CommandFailed(f"a run was begun here with --scale {plan.scale:g}: end that one first.")
        if plan.partitions != list(headroom().partitions):
            raise CommandFailed(f"a run was begun here with the partitions {', '.join(plan.partitions)}.")
        yield plan


def _read(path: Path) -> Plan | None:
    return Plan(**json.loads(path.read_text())) if path.exists() else None


def _begin(scale: float) -> Plan:
    if Forum.objects.filter(name="talk-0").exists():
        raise CommandFailed(f"forums of such a run are here, but not its plan, {FILE} in the data folder.")
    return Plan(scale, int(timezone.now().timestamp() * 1_000_000), list(headroom().partitions))
