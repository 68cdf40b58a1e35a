"""One question tells what all processes of a machine have done, and nobody is told who has no business with it."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from django_headroom.operations.exporting.folder import Processes
from django_headroom.operations.exporting.prometheus import NAMES_MOST
from django_headroom.operations.exporting.serving import listening
from tests.headroom.operations.exporting.processes import Process, at_work

TOKEN = "a token of the bakery"
SHELF = 'kind="request",route="shelf/<str:name>/"'


def told(folder: Path) -> str:
    registry = CollectorRegistry()
    registry.register(Processes(folder))
    return generate_latest(registry).decode()


def samples(text: str) -> dict[str, float]:
    """By name and labels, as they are written."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def go_about(process: Process, times: int) -> None:
    """So many loaves of rye, an old one, a burnt one, and a job."""
    for _ in range(times):
        assert process.does("get", "/shelf/rye/") == 200
    process.does("get", "/shelf/old/")
    process.does("get", "/shelf/burnt/?mail=ann@mail.example")
    process.does("jobs", 1)
    process.does("read")


def test_one_question_tells_what_all_have_done_also_who_is_gone(tmp_path: Path) -> None:
    with (
        at_work(TOLD_METRICS=str(tmp_path)) as one,
        at_work(TOLD_METRICS=str(tmp_path)) as other,
        at_work(TOLD_METRICS=str(tmp_path)) as third,
    ):
        for number, process in enumerate((one, other, third), 1):
            go_about(process, number)
        before = samples(told(tmp_path))
        assert before["headroom_processes"] == 3
        assert before["bakery_loaves"] == 12
        third.kill()
        for _ in range(2):
            text = told(tmp_path)
            after = samples(text)
            assert after["headroom_processes"] == 2, "what it had is no more"
            assert after["bakery_loaves"] == 8
            counted = {name for name in before if name.endswith("_total") or "duration" in name}
            assert {name: after[name] for name in counted} == {name: before[name] for name in counted}
        assert after[f'headroom_requests_total{{{SHELF},status="200"}}'] == 1 + 2 + 3 + 3
        assert after[f'headroom_requests_total{{{SHELF},status="500"}}'] == 3
        assert after['headroom_requests_total{kind="job",route="bake 0",status="ok"}'] == 3
        assert after[f'headroom_queries_total{{database="default",{SHELF}}}'] == 12 * 2
        assert after[f"headroom_stale_answers_total{{{SHELF}}}"] == 3
        assert after['headroom_calls_total{kind="request",result="ok",route="shelf/<str:name>/"}'] == 12
        assert after['headroom_cache_lookups_total{result="miss"}'] == 12
        assert after[f"headroom_request_duration_seconds_count{{{SHELF}}}"] == 12
        assert (
            after[
                'headroom_request_duration_seconds_bucket{kind="request",le="+Inf",route="shelf/<str:name>/"}'
            ]
            == 12
        )
        assert not [word for word in ("rye", "ann@", "secret") if word in text]
        assert len(list(tmp_path.glob("counter_*.db"))) == 3, (
            "two who are at work, and one for all who are gone"
        )


def test_a_process_that_comes_after_many_others_counts_on(tmp_path: Path) -> None:
    for number in range(1, 4):
        with at_work(TOLD_METRICS=str(tmp_path)) as one:
            one.does("get", "/shelf/rye/")
        assert samples(told(tmp_path))[f'headroom_requests_total{{{SHELF},status="200"}}'] == number
        assert len(list(tmp_path.glob("counter_*.db"))) == 1


def test_names_that_somebody_makes_up_do_not_fill_the_memory_of_prometheus(tmp_path: Path) -> None:
    with at_work(TOLD_METRICS=str(tmp_path)) as one:
        one.does("jobs", NAMES_MOST + 50)
        found = samples(told(tmp_path))
    jobs = {name: value for name, value in found.items() if name.startswith("headroom_requests_total")}
    assert len(jobs) == NAMES_MOST + 1
    assert jobs['headroom_requests_total{kind="job",route="(others)",status="ok"}'] == 50


@contextmanager
def answering(folder: Path, token: str) -> Iterator[str]:
    server = listening("127.0.0.1:0", token, [Processes(folder)])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(address: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_port_tells_who_has_the_token_and_nobody_else(tmp_path: Path) -> None:
    with at_work(TOLD_METRICS=str(tmp_path)) as one, answering(tmp_path, TOKEN) as port:
        one.does("get", "/shelf/rye/")
        assert asked(f"{port}/metrics") == (401, "")
        assert asked(f"{port}/metrics", "another") == (401, "")
        assert asked(f"{port}/", TOKEN) == (404, "")
        status, text = asked(f"{port}/metrics", TOKEN)
        assert status == 200
        assert samples(text)[f'headroom_requests_total{{{SHELF},status="200"}}'] == 1


@pytest.mark.parametrize("place", ["0.0.0.0:9464", "comments.example:9464", "[::]:9464"])
def test_a_port_that_others_reach_wants_a_token(place: str, tmp_path: Path) -> None:
    for token in ("", "short"):
        with pytest.raises(ImproperlyConfigured, match="token of 16"):
            listening(place, token, [])


@pytest.mark.parametrize("place", ["9464", "127.0.0.1", "127.0.0.1:http"])
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="HOST:PORT"):
        listening(place, TOKEN, [])


def test_who_wants_none_of_it_pays_for_none_of_it() -> None:
    with at_work() as one:
        assert one.does("get", "/shelf/rye/") == 200
        found = one.does("imported")
        assert found == {"libraries": [], "start": 1, "end": 3, "sent": 0}
        assert one.does("read") == 0
        assert "trace_id" not in one.does("told")
        assert "trace_id" not in one.end()
