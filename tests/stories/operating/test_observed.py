"""A site is watched: one question tells of all its processes, and one trace of a comment and of what follows it."""

import contextlib
import http.client
import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.collecting import Collector, Span, collecting
from tests.servers import free_port
from tests.stories.reading.sites import everybody_below
from tests.stories.serving import descant, environment_of_a_site, leave, serving

PATIENCE = 120.0
JOB = 5  # the kind of a span that consumes, as protobuf counts them
TOKEN = "told to Prometheus alone"
PAGE = f"/embed/comments/?{urlencode({'f': 'gazette', 't_i': 'bread'})}"
Samples = dict[str, float]


class Site(NamedTuple):
    pid: int
    port: int
    metrics: int
    collector: Collector
    key: str

    def get(self, address: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", address)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def post(self, text: str) -> dict[str, Any]:
        asked = {"api_key": self.key, "thread:ident": "bread", "forum": "gazette", "message": text}
        asked |= {"author_name": "Cy Twombly", "author_email": "cy@mail.example"}
        address = f"http://127.0.0.1:{self.port}/api/3.0/posts/create.json"
        with urllib.request.urlopen(address, urlencode(asked).encode(), timeout=PATIENCE) as answer:
            told: dict[str, Any] = json.load(answer)["response"]
        return told

    def told(self, is_so: Callable[[Samples], bool] = bool) -> Samples:
        """What Prometheus is told, when it is as it should be."""
        until = time.monotonic() + PATIENCE
        while not is_so(found := samples(self.text())):
            assert time.monotonic() < until, found
            time.sleep(0.2)
        return found

    def text(self) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.metrics}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text: str = answer.read().decode()
        return text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port, folder = free_port(), tmp_path_factory.mktemp("observed")
    with collecting() as collector:
        told = {"DESCANT_METRICS": f"127.0.0.1:{port}", "DESCANT_METRICS_TOKEN": TOKEN}
        environment = environment_of_a_site(folder, "observed") | told
        environment["DESCANT_TRACES"] = collector.address
        descant("upgrade", environment=environment)
        descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
        key = json.loads(descant("apikey", "create", "gazette", "--json", environment=environment))
        with serving(environment, folder) as (process, at):
            wait_for_port(port)
            yield Site(process.pid, at, port, collector, key["public_key"])
            leave(process)


def wait_for_port(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE):
                raise AssertionError("it is open to everybody")
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            error.close()
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)


def samples(text: str) -> Samples:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def hot_pages(found: Samples) -> float:
    return found.get('headroom_requests_total{kind="front",route="embed/comments/",status=""}', 0.0)


def test_one_question_tells_of_all_processes_and_of_the_databases_also_after_one_was_killed(
    site: Site,
) -> None:
    for _ in range(40):
        assert site.get(PAGE) == 200
    site.post("Rye, eighteen hours.")
    found = site.told(
        lambda found: (
            hot_pages(found) == 40
            and found["headroom_processes"] >= 2
            and any('kind="job"' in name for name in found)
        )
    )
    assert (
        found['headroom_requests_total{kind="request",route="api/3.0/posts/create.json",status="200"}'] >= 1
    )
    assert found['headroom_queries_total{database="p1",kind="request",route="embed/comments/"}'] >= 1
    assert found['descant_database_up{database="p1"}'] == 1
    assert {name for name in found if name.startswith("descant_queue_events")} >= {
        f'descant_queue_events{{database="p2",lane="{lane}",state="{state}"}}'
        for lane in ("high", "low", "bulk")
        for state in ("due", "later", "dead")
    }
    assert found["descant_live_readers"] == 0
    if os.environ["DESCANT_TEST_DATABASE"] == "postgresql":
        check_of_a_server(found)
    assert not [word for word in ("Twombly", "cy@mail", "eighteen") if word in site.text()]
    kill_a_web_process(site.pid)

    def is_counted_on(found: Samples) -> bool:
        assert hot_pages(found) >= 40, "what the dead one had counted stays"
        with contextlib.suppress(OSError, http.client.HTTPException):  # it may have had the connection
            site.get(PAGE)
        return hot_pages(found) > 45

    site.told(is_counted_on)


def check_of_a_server(found: Samples) -> None:
    """What there is of PostgreSQL alone."""
    states = [
        found[f'headroom_pool_connections{{database="p1",state="{each}"}}'] for each in ("idle", "busy")
    ]
    assert sum(states) >= 1
    assert found['headroom_pool_waiting{database="p1"}'] == 0
    assert found['descant_index_blocks_total{database="p1",source="memory"}'] > 0


def kill_a_web_process(pid: int) -> None:
    web = [each for each in everybody_below(pid) if b"granian" in Path(f"/proc/{each}/cmdline").read_bytes()]
    os.kill(max(web), signal.SIGKILL)


def test_a_comment_and_what_follows_it_are_one_trace(site: Site) -> None:
    site.post("Oat, eighteen minutes.")

    def whole(spans: list[Span]) -> list[Span]:
        roots = {span.id: span for span in spans if span.name == "POST api/3.0/posts/create.json"}
        jobs = [span for span in spans if span.parent in roots and span.kind == JOB]
        return [span for span in spans if span.trace == jobs[0].trace] if jobs else []

    spans = site.collector.wait(whole)
    assert {span.resource["service.name"] for span in spans} == {"descant"}
    assert any("INSERT" in str(span.attributes.get("db.query.text")) for span in spans)
    told = " ".join(span.written for span in site.collector.spans)
    assert not [word for word in ("eighteen", "Twombly", "cy@mail", "127.0.0.1") if word in told]
