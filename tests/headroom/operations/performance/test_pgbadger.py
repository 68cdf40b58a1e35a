"""pgBadger reads what PostgreSQL logs as our page says, and its samples lead to the line that has sent them."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from django_headroom.operations.performance import recorded
from tests.headroom.market.threads import DATABASES
from tests.headroom.operations.performance.site import ask
from tests.headroom.servers.conftest import changed
from tests.headroom.settings import ON_POSTGRESQL
from tests.servers import Server, create_database, running_server

pytestmark = [
    pytest.mark.django_db(databases=DATABASES, transaction=True),
    pytest.mark.skipif(not ON_POSTGRESQL, reason="it reads the log of PostgreSQL"),
]
PAGE = Path(__file__).resolve().parents[4] / "docs" / "run" / "performance.md"


def said_on_the_page(pattern: str) -> str:
    found = re.search(pattern, PAGE.read_text(encoding="utf-8"))
    assert found, pattern
    return found[1]


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    """It logs every statement, with the prefix of our page; p1 leads to it."""
    prefix = said_on_the_page(r"log_line_prefix = '(.+)'")
    settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_COMMENTS": True, "RELEASE": "7"}
    with running_server(Server) as server:
        for name, value in {
            "log_line_prefix": prefix,
            "log_min_duration_statement": "0",
            "lc_messages": "C",
        }.items():
            server.say(f"ALTER SYSTEM SET {name} = '{value}'")
        create_database(server.url, connections["p1"].settings_dict["NAME"])
        server.stop()
        server.start()
        with changed("p1", PORT=server.port):
            yield server
            connections["p1"].close()


def test_its_report_names_route_line_and_release(server: Server, tmp_path: Path) -> None:
    with recorded("job", "count bread"):
        ask(3)
    connections["p1"].close()
    server.stop()
    report = tmp_path / "report.json"
    told = said_on_the_page(r"pgbadger --prefix '(.+?)'")
    command = ["pgbadger", "--prefix", told, "--format", "stderr", "--outfile", str(report), "--quiet"]
    subprocess.run([*command, str(server.folder / "log")], check=True, cwd=tmp_path)
    found = json.loads(report.read_text())["normalyzed_info"]["postgres"]["select ?;"]
    assert found["count"] == 3
    samples = [sample["query"] for sample in found["samples"].values()]
    place = f"tests/headroom/operations/performance/site.py:{ask.__code__.co_firstlineno + 3} ask"
    assert samples
    for sample in samples:
        assert sample.endswith(f" /*route='count bread',place='{place}',release='7'*/;")
