"""A site that has no streams: a frame asks whether its page has changed, by its ETag, and then what has."""

import http.client
import json
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from tests.stories.reading.caches import Before, folder, running_site
from tests.stories.reading.streams import PATIENCE, Stream

__all__ = ["folder"]


def asked(port: int, path: str, known: str = "") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
    connection.request("GET", path, headers={"If-None-Match": known} if known else {})
    return connection.getresponse()


def test_who_asks_is_told_that_nothing_has_changed_and_then_what_has(folder: Path) -> None:
    with running_site(folder, "no_streams", DESCANT_LIVE="0") as site:
        before = Before(site.port, site)
        before.post("bread", "Known.")
        with closing(asked(site.port, before.path("bread"))) as first:
            page, etag = first.read().decode(), first.headers["ETag"]
        thread, clock = (
            page.partition(f'data-{name}="')[2].partition('"')[0] for name in ("thread", "clock")
        )
        told = {"f": "gazette", "t_i": "bread", "thread": thread, "since": clock}
        with closing(Stream(site.port, told)) as stream:
            assert stream.answer.status == 404
        with closing(asked(site.port, before.path("bread"), etag)) as same:
            assert (same.status, same.read()) == (304, b"")
        said = before.post("bread", "New.")
        with closing(asked(site.port, before.path("bread"), etag)) as other:
            assert other.status == 200
            assert "New." in other.read().decode()
        with closing(asked(site.port, f"/embed/changes/?{urlencode(told)}")) as changes:
            assert [line["id"] for line in json.load(changes)["lines"]] == [said]
