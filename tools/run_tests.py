"""Runs the tests part by part, on SQLite and on PostgreSQL, and adds up what they said.

python tools/run_tests.py                       everything: `make test`
python tools/run_tests.py tests/descant …       only these: `make test T=tests/descant`

SEED in the environment runs them in the order by chance that belongs to this number. What they said stays in
build/reports as JUnit XML.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import running_postgresql  # noqa: E402
from tools.leftovers import nothing_left  # noqa: E402
from tools.reports import Outcome, changed_costs, failed_tests, read_outcome, slowest_tests  # noqa: E402

REPORTS = ROOT / "build" / "reports"
CORES = min(os.cpu_count() or 1, 8)
ON_ALL_CORES = ["-n", str(CORES), "--dist", "loadfile"]
THOSE_THAT_FAILED = ["--last-failed", "--last-failed-no-failures=none"]
NOT_THE_WHEEL = ["-m", "not wheel"]
SEED = os.environ.get("SEED")
ORDER = [f"--shuffle-seed={SEED}"] if SEED else []
ASKED_AGAIN_MOST = 3  # more of them is no chance
SOME_FAILED, NO_TEST_WAS_CHOSEN = 1, 5  # pytest's exit codes


@dataclass(frozen=True)
class Part:
    """One run of pytest: these paths, with these options, on this database."""

    name: str
    paths: tuple[str, ...]
    options: list[str] = field(default_factory=list)
    database: str = "sqlite"
    is_spread: bool = True
    """Whether its files are shared out over the cores."""


PARTS = [
    Part("house", ("tests/house",), is_spread=False),
    Part("toolkit", ("tests/headroom",)),
    Part("toolkit", ("tests/headroom",), database="postgresql"),
    Part("product", ("tests/descant", "tests/stories"), NOT_THE_WHEEL),
    Part("product", ("tests/descant", "tests/stories"), NOT_THE_WHEEL, "postgresql"),
    Part("browser", ("tests/browser",)),
    Part("browser", ("tests/browser",), database="postgresql"),
    Part("wheel", ("tests/stories",), ["-m", "wheel"], is_spread=False),
]


def main(asked_for: list[str]) -> int:
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, leave_in_order)
    parts = list(chosen_parts(asked_for))
    if not parts:
        print(f"There are no tests at {' '.join(asked_for)}.", file=sys.stderr)
        return 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    total = Outcome()
    lines = []
    if not asked_for:
        lines.append(f"  {'check':<24}{check(total)}")
    with nothing_left(), running_postgresql() as server:
        for part in parts:
            outcome = run_part(part, server)
            total.add(outcome)
            lines.append(f"  {part.name + ' on ' + part.database:<24}{outcome} in {outcome.seconds:.0f} s")
    reports = [REPORTS / f"{part.name}-{part.database}.xml" for part in parts]
    print_list("The slowest", slowest_tests(reports))
    print_list("Dearer or cheaper than in the last run", costs_of(parts))
    print_list("FLAKY: failed, and passed when asked again", total.flaky)
    print("\n" + "\n".join(lines))
    print(f"\n{total}" if total.passed + total.failed else "\nno test was run")
    return 0 if total.passed and not total.failed else 1


def print_list(title: str, lines: list[str]) -> None:
    if lines:
        print(f"\n{title}:\n  " + "\n  ".join(lines))


def costs_of(parts: list[Part]) -> list[str]:
    databases = sorted({part.database for part in parts if part.name != "toolkit"})
    return [line for database in databases for line in changed_costs(REPORTS, database)]


def chosen_parts(asked_for: list[str]) -> Iterator[Part]:
    """All parts but the one that `check` has run; or those that hold what was asked for, cut down to it."""
    for part in PARTS:
        if not asked_for:
            paths = tuple(path for path in part.paths if Path(path).exists() and part.name != "house")
        else:
            paths = tuple(path for path in asked_for if path.startswith(part.paths)) or tuple(
                path for path in part.paths if path.startswith(tuple(asked_for)) and Path(path).exists()
            )
        if paths:
            yield replace(part, paths=paths)


def check(total: Outcome) -> str:
    """Lint, types, imports and the rules of the house; it counts as one failure if any of them fails."""
    began = time.monotonic()
    code = run_to_its_end(["make", "--no-print-directory", "check"], {})
    total.add(Outcome(failed=int(code != 0)))
    return f"{'failed' if code else 'passed'} in {time.monotonic() - began:.0f} s"


def run_part(part: Part, server: str) -> Outcome:
    """Run a part; a few tests that fail are asked once more, by themselves, and one that then passes is called flaky.

    That is a fault of the test or of what it tests, and is told at the end, by name. It just does not pass for a
    fault of the change that happened to meet it.
    """
    print(f"\n### {part.name} on {part.database}", flush=True)
    began = time.monotonic()
    report = REPORTS / f"{part.name}-{part.database}.xml"
    report.unlink(missing_ok=True)
    code = run_pytest(part, server, report, ON_ALL_CORES if part.is_spread else [])
    outcome = read_outcome(report)
    failed = failed_tests(report)
    if code == SOME_FAILED and 0 < len(failed) <= ASKED_AGAIN_MOST:
        print(f"\n### {part.name} on {part.database}: {len(failed)} asked again", flush=True)
        again = report.with_suffix(".again.xml")
        again.unlink(missing_ok=True)
        code = run_pytest(part, server, again, THOSE_THAT_FAILED)
        told = read_outcome(again)
        if code == 0 and told.passed + told.skipped >= len(failed):
            outcome.failed, outcome.passed, outcome.flaky = 0, outcome.passed + len(failed), failed
    if code not in (0, NO_TEST_WAS_CHOSEN) and not outcome.failed:
        outcome.failed = 1  # pytest itself broke off
    outcome.seconds = time.monotonic() - began
    return outcome


def run_pytest(part: Part, server: str, report: Path, options: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", *options, *part.options, *ORDER, f"--junitxml={report}"]
    cache = f"cache_dir=build/reports/{part.name}-{part.database}.cache"  # which tests failed last
    chosen = {
        "DESCANT_TEST_DATABASE": part.database,
        "DESCANT_TEST_POSTGRESQL": server,
        "DESCANT_TEST_REPORTS": str(REPORTS),
    }
    return run_to_its_end([*command, "-o", cache, *part.paths], chosen)


def run_to_its_end(command: list[str], environment: dict[str, str]) -> int:
    """Run a command with our own output; if we are asked to leave, it is ended first."""
    running = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        return running.wait()
    except BaseException:
        running.terminate()
        running.wait()
        raise


def leave_in_order(number: int, frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
