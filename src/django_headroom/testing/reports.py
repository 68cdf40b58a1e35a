"""What became of each test of Django's runner, as XML in the shape that is read from pytest's ``--junitxml``."""

import unittest
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django.test.utils import iter_test_cases  # type: ignore[attr-defined]  # unknown to its stubs


def names_in(suite: Any) -> list[str]:
    """The tests of a suite, which forgets them as they run; also of one that several processes share."""
    return [test.id() for test in iter_test_cases(getattr(suite, "subsuites", suite))]


def write_report(file: str | Path, names: Sequence[str], result: unittest.TestResult) -> None:
    """Write a file with a case for each test, and for each class whose beginning or end failed."""
    told = {
        "failure": [(test.id(), text) for test, text in result.failures],
        "error": [(test.id(), text) for test, text in result.errors],
        "skipped": [(test.id(), reason) for test, reason in result.skipped],
    }
    numbers = {"tests": result.testsRun, "failures": len(result.failures), "errors": len(result.errors)}
    numbers["skipped"] = len(result.skipped)
    suite = ElementTree.Element(
        "testsuite", {name: str(number) for name, number in numbers.items()}, name="django"
    )
    cases = {name: _case(suite, name) for name in names}
    for kind, each in told.items():
        for name, text in each:
            case = cases[name] if name in cases else cases.setdefault(name, _case(suite, name))
            ElementTree.SubElement(case, kind, message=text.strip().rpartition("\n")[2]).text = text
    whole = ElementTree.Element("testsuites")
    whole.append(suite)
    ElementTree.ElementTree(whole).write(file, encoding="utf-8", xml_declaration=True)


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    place, _, method = name.rpartition(".")
    return ElementTree.SubElement(suite, "testcase", classname=place, name=method)
