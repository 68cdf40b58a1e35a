"""A crowd in one thread: what of its posts is taken, and what readers of another forum notice of it.

Compared is the same number of reads and posts a second, once spread over many threads and once all to one.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from bench.rig.reading.loads.closed import read_closed
from bench.rig.reading.loads.paced import Generator, NoCompiler, Paced, compile_into, read_paced
from bench.rig.reading.rounds import Book, in_turn
from bench.rig.reading.threads import identifier, page_path, write_paths
from bench.rig.sites import DOMAIN, FORUM, Site

OTHER_FORUM = "herald"
ROUNDS, SECONDS, WARM_SECONDS = 3, 6.0, 10.0
READS, POSTS, READS_OF_OTHERS = 3_000, 500, 1_000  # a second
CROWD = 1_000  # connections of each load: people wait at the same time
SPREAD = 500  # threads, where they are spread
STORMED = "stormed"
COUNTED = (
    "from descant.discussion.models import Comment, ThreadAddress; "
    "from descant.forums.directory import forum_named as named; "
    "found = ThreadAddress.objects.of(named('{forum}')).filter(value='{name}').values('thread_id')[:1]; "
    "print(Comment.objects.of(named('{forum}')).filter(thread_id__in=found).count())"
)


@dataclass
class Weather:
    """Three loads at a time, each by a generator of its own."""

    port: int
    key: str
    folder: Path

    def __post_init__(self) -> None:
        self._generators = {name: self._generator(name) for name in ("others", "reads", "posts")}
        others = (page_path(identifier(thread), f=OTHER_FORUM) for thread in range(SPREAD))
        self.others = write_paths(self.folder / "others", others)
        self._pool = ThreadPoolExecutor(3)

    def warm(self) -> None:
        read_closed(self.port, self.others, seconds=WARM_SECONDS)
        read_closed(
            self.port, self._reads([identifier(thread) for thread in range(SPREAD)]), seconds=WARM_SECONDS
        )

    def blow(self, names: list[str]) -> dict[str, Paced]:
        """Read and write these threads, and read those of the other forum."""
        loads = {
            "others": (self.others, READS_OF_OTHERS),
            "reads": (self._reads(names), READS),
            "posts": (self._posts(names), POSTS),
        }
        running = {
            name: self._pool.submit(
                read_paced, self._generators[name], self.port, paths, rate=rate, seconds=SECONDS
            )
            for name, (paths, rate) in loads.items()
        }
        return {name: each.result() for name, each in running.items()}

    def close(self) -> None:
        self._pool.shutdown()

    def _reads(self, names: list[str]) -> Path:
        return write_paths(self.folder / "reads", map(page_path, names))

    def _posts(self, names: list[str]) -> Path:
        return write_paths(self.folder / "posts", self._forms(names))

    def _forms(self, names: list[str]) -> Iterator[str]:
        for number in range(SPREAD):
            form = {"api_key": self.key, "thread:ident": names[number % len(names)], "author_name": "Gus"}
            form["message"] = f"The crust sings when it cools, for the {number}th time."
            yield f"POST /api/3.0/posts/create.json {urlencode(form)}"

    def _generator(self, name: str) -> Generator:
        (self.folder / f"generator-{name}").mkdir()
        return compile_into(self.folder / f"generator-{name}", CROWD)


def open_other_forum(site: Site, export: Path) -> None:
    """The same threads, in a forum of their own."""
    site.command("forum", "open", OTHER_FORUM, "--domain", DOMAIN)
    site.command("import", "disqus", str(export), "--forum", OTHER_FORUM)
    site.command("worker", "--once")


def measure(book: Book, site: Site, folder: Path, key: str) -> None:
    """Of a site that is served, and whose other forum is there."""
    try:
        weather = Weather(site.port, key, folder)
    except NoCompiler as reason:
        book.missing["reads.storm_over_calm_p99"] = str(reason)
        return
    weather.warm()
    before = comments_in(site, STORMED)
    spread = [identifier(thread) for thread in range(SPREAD)]
    taken = list[Paced]()

    def storm() -> dict[str, Paced]:
        found = weather.blow([STORMED])
        taken.append(found["posts"])
        return found

    acts: Mapping[str, Callable[[], dict[str, Paced]]] = {
        "calm": partial(weather.blow, spread),
        "storm": storm,
    }
    for name, runs in in_turn(acts, ROUNDS).items():
        _note(book, f"reads.{name}", runs)
    weather.close()
    acknowledged = sum(len(posts.milliseconds) for posts in taken)
    book.note("reads.storm_posts_lost", max(0, before + acknowledged - comments_in(site, STORMED)))
    book.note_ratio("reads.storm_over_calm_p99", "reads.storm_others_p99_ms", "reads.calm_others_p99_ms")


def comments_in(site: Site, name: str) -> int:
    return int(site.command("manage", "shell", "-v", "0", "-c", COUNTED.format(forum=FORUM, name=name)))


def _note(book: Book, name: str, runs: list[dict[str, Paced]]) -> None:
    for share, said in ((0.5, "p50"), (0.99, "p99")):
        for who in ("others", "reads"):
            book.note_runs(f"{name}_{who}_{said}_ms", [run[who].percentile(share) for run in runs])
    for who in ("others", "reads"):
        book.note_runs(
            f"{name}_{who}_unanswered", [float(run[who].due - len(run[who].milliseconds)) for run in runs]
        )
    book.note_runs(
        f"{name}_posts_taken_share", [len(run["posts"].milliseconds) / run["posts"].due for run in runs]
    )
