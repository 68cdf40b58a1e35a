"""What a run of the tests leaves in build/reports: JUnit XML, and what each page cost, beside the last run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

SLOWEST = 10


@dataclass
class Outcome:
    """What one part, or all of them, said."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    flaky: list[str] = field(default_factory=list)
    """Tests that failed, and passed when they were asked again by themselves."""

    def add(self, other: "Outcome") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.seconds += other.seconds
        self.flaky += other.flaky

    def __str__(self) -> str:
        told = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        return f"{told}, {len(self.flaky)} flaky" if self.flaky else told


def read_outcome(report: Path) -> Outcome:
    """Add up a JUnit file; one that was never written says nothing."""
    outcome = Outcome()
    for suite in _suites(report):
        tests, failures, errors, skipped = (
            int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
        )
        failed = failures + errors
        outcome.add(Outcome(passed=tests - failed - skipped, failed=failed, skipped=skipped))
    return outcome


def failed_tests(report: Path) -> list[str]:
    """The names of those that failed."""
    return sorted({_name(case) for case in _cases(report) if any(_is_a_failure(each) for each in case)})


def slowest_tests(reports: list[Path]) -> list[str]:
    """A line for each of the slowest of several files, the slowest first."""
    timed = [
        (float(case.get("time", 0)), f"{_name(case)} ({report.stem})")
        for report in reports
        for case in _cases(report)
    ]
    return [f"{seconds:6.1f} s  {name}" for seconds, name in sorted(timed, reverse=True)[:SLOWEST]]


def changed_costs(folder: Path, database: str) -> list[str]:
    """A line for each page that cost more or less queries than in the last run; this run is kept for the next.

    Several processes have each written what its dearest request to a page cost, to ``spent-DATABASE-PROCESS.json``.
    """
    now: dict[str, int] = {}
    for file in folder.glob(f"spent-{database}-*.json"):
        for page, count in json.loads(file.read_text()).items():
            now[page] = max(count, now.get(page, 0))
        file.unlink()
    kept = folder / f"costs-{database}.json"
    before: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
    kept.write_text(json.dumps(before | now, indent=1, sort_keys=True))
    return [
        f"{page}: {before[page]} → {now[page]} queries on {database}"
        for page in sorted(before.keys() & now.keys())
        if before[page] != now[page]
    ]


def _suites(report: Path) -> Iterator[ElementTree.Element]:
    if report.exists():
        yield from ElementTree.parse(report).getroot().iter("testsuite")


def _cases(report: Path) -> Iterator[ElementTree.Element]:
    for suite in _suites(report):
        yield from suite.iter("testcase")


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


def _is_a_failure(told: ElementTree.Element) -> bool:
    return told.tag in ("failure", "error")
