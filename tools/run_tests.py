"""Runs the tests part by part, on SQLite and on PostgreSQL, and adds up what they said.

python tools/run_tests.py                       everything: `make test`
python tools/run_tests.py tests/descant …       only these: `make test T=tests/descant`
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import running_postgresql  # noqa: E402

TWO_AT_A_TIME = ["-n", "2", "--dist", "loadfile"]
NOT_THE_WHEEL = ["-m", "not wheel"]
NO_TEST_WAS_CHOSEN = 5  # pytest's exit code


@dataclass(frozen=True)
class Part:
    """One run of pytest: these paths, with these options, on this database."""

    name: str
    paths: tuple[str, ...]
    options: list[str] = field(default_factory=list)
    database: str = "sqlite"


PARTS = [
    Part("house", ("tests/house",)),
    Part("toolkit", ("tests/headroom",), TWO_AT_A_TIME),
    Part("toolkit", ("tests/headroom",), TWO_AT_A_TIME, "postgresql"),
    Part("product", ("tests/descant", "tests/stories"), [*TWO_AT_A_TIME, *NOT_THE_WHEEL]),
    Part("product", ("tests/descant", "tests/stories"), [*TWO_AT_A_TIME, *NOT_THE_WHEEL], "postgresql"),
    Part("browser", ("tests/browser",), TWO_AT_A_TIME),
    Part("browser", ("tests/browser",), TWO_AT_A_TIME, "postgresql"),
    Part("wheel", ("tests/stories",), ["-m", "wheel"]),
]


@dataclass
class Outcome:
    """What one part, or all of them, said."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    def add(self, other: "Outcome") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.seconds += other.seconds

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main(asked_for: list[str]) -> int:
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, leave_in_order)
    parts = list(chosen_parts(asked_for))
    if not parts:
        print(f"There are no tests at {' '.join(asked_for)}.", file=sys.stderr)
        return 2
    total = Outcome()
    lines = []
    if not asked_for:
        lines.append(f"  {'check':<24}{check(total)}")
    with running_postgresql() as server:
        for part in parts:
            outcome = run_part(part, server)
            total.add(outcome)
            lines.append(f"  {part.name + ' on ' + part.database:<24}{outcome} in {outcome.seconds:.0f} s")
    print("\n" + "\n".join(lines))
    print(f"\n{total}" if total.passed + total.failed else "\nno test was run")
    return 0 if total.passed and not total.failed else 1


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
            yield Part(part.name, paths, part.options, part.database)


def check(total: Outcome) -> str:
    """Lint, types, imports and the rules of the house; it counts as one failure if any of them fails."""
    began = time.monotonic()
    code = run_to_its_end(["make", "--no-print-directory", "check"], {})
    total.add(Outcome(failed=int(code != 0)))
    return f"{'failed' if code else 'passed'} in {time.monotonic() - began:.0f} s"


def run_part(part: Part, server: str) -> Outcome:
    print(f"\n### {part.name} on {part.database}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="descant-report-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *part.options, f"--junitxml={report}", *part.paths]
        chosen = {"DESCANT_TEST_DATABASE": part.database, "DESCANT_TEST_POSTGRESQL": server}
        code = run_to_its_end(command, chosen)
        outcome = read_report(report)
    if code not in (0, NO_TEST_WAS_CHOSEN) and not outcome.failed:
        outcome.failed = 1  # pytest itself broke off
    outcome.seconds = time.monotonic() - began
    return outcome


def read_report(report: Path) -> Outcome:
    if not report.exists():
        return Outcome()
    outcome = Outcome()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        tests, failures, errors, skipped = (
            int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
        )
        failed = failures + errors
        outcome.add(Outcome(passed=tests - failed - skipped, failed=failed, skipped=skipped))
    return outcome


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
