"""Requests and what follows them are recorded, each under the name of its route or receiver."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from descant.discussion.models import Comment
from django_headroom.delayed.worker import drain
from django_headroom.operations.performance import recording
from django_headroom.operations.performance.recording import Record
from django_headroom.operations.performance.telling import line_of


@pytest.fixture
def records() -> Iterator[list[Record]]:
    kept: list[Record] = []
    recording.at_the_end.append(kept.append)
    yield kept
    recording.at_the_end.remove(kept.append)


def test_a_page_and_what_follows_a_comment_are_recorded(
    client: Client, say: Callable[..., Comment], records: list[Record]
) -> None:
    say("Rye.")
    client.get("/embed/comments/", {"f": "gazette", "t_i": "bread"})
    (page,) = records
    assert (page.kind, page.route, page.status) == ("request", "embed/comments/", 200)
    assert page.databases["p1"].count == 1
    assert "votes" in line_of(page)["switches"]
    while drain("p1"):
        continue
    jobs = {each.route for each in records if each.kind == "job"}
    assert any("activity" in name for name in jobs), jobs
