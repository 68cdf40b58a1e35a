"""`descant slow` says which statements took too long, and after a release which of them are new."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from descant.site.command import main
from django_headroom.operations.performance import keeping, sums
from tests.descant.conftest import ALL_DATABASES, Cast

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


@pytest.fixture(autouse=True)
def _every_statement_is_slow(settings: Any) -> Iterator[None]:
    kept = {"PERFORMANCE_KEEP_SECONDS": 3_600, "PERFORMANCE_SLOW_SECONDS": 1e-9, "RELEASE": "1"}
    settings.HEADROOM = {**settings.HEADROOM, **kept}
    sums.take()
    yield
    sums.take()


def test_what_was_slow_is_listed_with_its_line_and_its_plan(
    cast: Cast, client: Client, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    client.get("/f/gazette/")
    keeping.flush()
    assert main(["slow", "p1"]) == 0
    said = capsys.readouterr().out
    assert "p1: 1 times" in said
    assert " in 1\n" in said
    assert "from descant/" in said
    assert ", f/<str:name>/" in said
    assert "    | " in said, "a plan"
    assert "gazette" not in said
    assert main(["slow", "--new"]) == 0, "there was no release before"
    assert capsys.readouterr().out == "No statement is newly slow.\n"

    settings.HEADROOM = {**settings.HEADROOM, "RELEASE": "2"}
    client.get("/gazette/count-data.js?1=bread")
    keeping.flush()
    assert main(["slow", "--new", "--most", "1"]) == 1
    assert capsys.readouterr().out.startswith("NEW ")


def test_another_database_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slow", "p9"]) == 2
    assert "there is no database 'p9'" in capsys.readouterr().err
