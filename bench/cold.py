"""The long tail: pages of random threads of a large site while every file is out of the cache.

    make bench B=cold
    make bench B=cold SCALE=0.001
    make bench B=cold FOLDER=/var/tmp/cold

SCALE is a part of the talk's 75,000,000 comments, by default a tenth (about 10 GB). FOLDER keeps what was filled, so
that a second call only measures. As root all the machine's files are put out of the cache, else those of the cluster.
Writes bench/results/cold.json and the plans of the queries, cold_plans.txt, if it was a tenth or more.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.rig.cold.site import filled_site, sizes  # noqa: E402
from bench.rig.quiet import wait_for_quiet  # noqa: E402
from bench.rig.sites import Site  # noqa: E402
from tests.servers import Server  # noqa: E402

RESULTS = Path(__file__).parent / "results"
TENTH = 0.1
ROUNDS, THREADS = 3, 100
# Threads that fill a page, and any thread; the median one of a site has six comments.
KINDS = {"page": 25, "any": 1}


def main() -> None:
    scale = float(os.environ.get("SCALE", TENTH))
    with place() as folder, filled_site(folder, scale) as (site, server):
        wait_for_quiet()
        figures, plans = measure(site, server)
        for database in ("DATABASE", "PARTITION_1"):
            for name, mb in sizes(site.environment[f"DESCANT_{database}"]).items():
                figures[name] = figures.get(name, 0) + mb
    figures["disk_reads_per_page"] = figures.pop("page_disk_reads")
    figures["comments"] = 75_000_000 * scale
    figures["memory_mb"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6
    figures["index_over_memory_at_75m"] = figures["index_mb"] / scale / figures["memory_mb"]
    named = {f"cold.{name}": round(value, 3) for name, value in figures.items()}
    if scale >= TENTH:
        (RESULTS / "cold.json").write_text(json.dumps(named, indent=1, sort_keys=True) + "\n")
        (RESULTS / "cold_plans.txt").write_text("\n\n".join(plans) + "\n")
    for name, value in sorted(named.items()):
        print(f"{name:<55}{value:>16,.2f}")


@contextlib.contextmanager
def place() -> Iterator[Path]:
    kept = os.environ.get("FOLDER")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
    else:
        with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
            Path(folder).chmod(0o711)  # PostgreSQL's own user walks through it
            yield Path(folder)


def measure(site: Site, server: Server) -> tuple[dict[str, float], list[str]]:
    """The figures of both kinds of threads, and the plans of the last page."""
    figures: dict[str, float] = {}
    for kind, least in KINDS.items():
        rounds = [one_round(site, server, number, least) for number in range(1, ROUNDS + 1)]
        figures |= {f"{kind}_{name}": value for name, value in summed_up(rounds).items()}
    plans: list[str] = rounds[0]["plans"]
    figures["plans_that_walk_a_large_table"] = sum(each["walks"] for each in rounds)
    return figures, plans


def one_round(site: Site, server: Server, number: int, least: int) -> Any:
    """The server is started, asked for some pages so that it is awake, and then for a hundred others."""
    server.stop()
    server.start()
    words = [str(number), str(THREADS), str(least), str(server.folder)]
    command = [sys.executable, str(ROOT / "bench" / "rig" / "cold" / "pages.py"), *words]
    environment = {**site.environment, "PYTHONPATH": str(ROOT), "DESCANT_POOL": "1"}
    environment["DESCANT_ANSWER_SECONDS"] = "0"  # a page that takes long is a figure, and no fault
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def summed_up(rounds: list[Any]) -> dict[str, float]:
    pages = [page for each in rounds for page in each["pages"]]
    reads: Counter[str] = Counter()
    for each in rounds:
        reads.update(each["reads"])
    figures: dict[str, float] = {
        "warm_p50_ms": statistics.median(ms for each in rounds for ms in each["warm_ms"]),
        "queries_per_page": statistics.mean(page["queries"] for page in pages),
        "disk_reads": sum(reads.values()) / len(pages),
        "disk_kb": sum(each["bytes"] for each in rounds) / 1_024 / len(pages),
    }
    for name, column in (("", "ms"), ("bare_queries_", "queries_ms")):
        taken = sorted(page[column] for page in pages)
        figures[f"{name}p50_ms"] = statistics.median(taken)
        figures[f"{name}p99_ms"] = taken[len(taken) * 99 // 100]
    for table, count in reads.items():
        if count > len(pages) / 2:
            figures[f"disk_reads_of_{table.replace(' ', '_')}"] = count / len(pages)
    return figures


if __name__ == "__main__":
    main()
