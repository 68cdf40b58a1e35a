"""`descant dbwatch` says which index is missing, and is quiet where none is."""

import pytest
from django.db import connections

from descant.site.command import main
from tests.descant.conftest import ALL_DATABASES

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


def test_all_indexes_of_a_new_site_are_there_and_a_dropped_one_is_missed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["dbwatch", "--least-mb", "1000"]) == 0
    assert capsys.readouterr().out == "Every index is there, and none is to be complained of.\n"
    with connections["p2"].cursor() as cursor:
        there = connections["p2"].introspection.get_constraints(cursor, "discussion_comment")
        name = min(name for name, each in there.items() if each["index"] and not each["unique"])
        cursor.execute(f'DROP INDEX "{name}"')
    assert main(["dbwatch"]) == 1
    kind, alias, table, index, _why = capsys.readouterr().out.splitlines()[0].split("\t")
    assert (kind, alias, table) == ("missing", "p2", "discussion_comment")
    assert index.startswith(name) or there[name]["columns"] == [index.strip("()")]


def test_another_database_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dbwatch", "p9"]) == 2
    assert "there is no database 'p9'" in capsys.readouterr().err
