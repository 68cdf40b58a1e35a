"""What `make test` says at its end is what the tests have said."""

import json
from pathlib import Path

from tools.reports import changed_costs, failed_tests, read_outcome, slowest_tests

JUNIT = """<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4">
<testcase classname="tests.a" name="test_one" time="0.2"><failure message="no">no</failure></testcase>
<testcase classname="tests.a" name="test_two" time="1.5"><error message="at its end">no</error></testcase>
<testcase classname="tests.b" name="test_three" time="0.1"><skipped/></testcase>
<testcase classname="tests.b" name="test_four" time="2.5"/>
</testsuite></testsuites>"""


def test_failures_and_errors_are_counted_and_named(tmp_path: Path) -> None:
    report = tmp_path / "product-sqlite.xml"
    report.write_text(JUNIT)
    assert str(read_outcome(report)) == "1 passed, 2 failed, 1 skipped"
    assert failed_tests(report) == ["tests.a::test_one", "tests.a::test_two"]
    assert slowest_tests([report])[0] == "   2.5 s  tests.b::test_four (product-sqlite)"


def test_a_run_that_wrote_nothing_has_passed_nothing(tmp_path: Path) -> None:
    assert read_outcome(tmp_path / "missing.xml").passed == 0


def test_a_page_that_costs_more_than_in_the_last_run_is_named(tmp_path: Path) -> None:
    def run(*processes: dict[str, int]) -> list[str]:
        for number, spent in enumerate(processes):
            (tmp_path / f"spent-sqlite-{number}.json").write_text(json.dumps(spent))
        return changed_costs(tmp_path, "sqlite")

    assert run({"GET a/": 3}, {"GET a/": 5, "GET b/": 1}) == []
    assert run({"GET a/": 7}) == ["GET a/: 5 → 7 queries on sqlite"]
    assert run({"GET a/": 7, "GET b/": 1}) == []
