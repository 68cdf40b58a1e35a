"""How often a public key is used: counted without a query, exact once the worker has brought it in."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from descant.forums.keys.issuing import issue_key
from descant.forums.models import Key
from descant.operate.commands import apikey, worker
from django_headroom.testing import query_budget
from tests.descant.conftest import ALL_DATABASES, Cast

LIST = "/api/3.0/threads/listPosts.json"

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> Iterator[None]:
    with override_settings(HEADROOM={**settings.HEADROOM, "COUNTERS_FOLDER": str(tmp_path)}):
        yield


def test_each_request_of_a_program_counts_and_costs_no_query(
    cast: Cast, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    key = issue_key(forum=cast.gazette).public_key
    asked = {"api_key": key, "thread:ident": "nothing"}
    client.get(LIST, asked)
    with query_budget(1):  # whether there is such a thread
        client.get(LIST, asked)
    client.get(LIST, {**asked, "api_key": "a stranger's"})
    client.options(
        f"{LIST}?api_key={key}", headers={"Origin": "https://gazette.example"}
    )  # a browser's own asking
    assert Key.objects.get(public_key=key).uses == 0
    apikey.run(argparse.Namespace(verb="list", forum="gazette"))
    assert f"{key}  made " in (told := capsys.readouterr().out)
    assert "used 2  " in told
    worker.bring_in_counts()
    assert Key.objects.get(public_key=key).uses == 2
    asked = {"api_secret": Key.objects.get(public_key=key).secret_key, "days": "2"}
    for by, most in (("day", 2), ("hour", 48)):
        told = client.get("/api/3.0/applications/listUsage.json", {**asked, "by": by}).json()["response"]
        assert sum(uses for _began_at, uses in told) == 2
        assert told == sorted(told)
        assert len(told) <= most
