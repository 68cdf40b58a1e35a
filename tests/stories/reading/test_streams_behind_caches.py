"""Event streams through HAProxy and Varnish as `deploy/` sets them up, and Caddy and nginx as the docs do: at once."""

import re

import pytest

from descant.live.watching import BEAT_EVERY
from tests.stories.reading.caches import DEPLOY, behind_haproxy, behind_varnish, folder
from tests.stories.reading.proxies import behind_caddy, behind_nginx
from tests.stories.reading.streams import watching

__all__ = ["behind_caddy", "behind_haproxy", "behind_nginx", "behind_varnish", "folder"]


@pytest.mark.parametrize("cache", ["behind_caddy", "behind_haproxy", "behind_nginx", "behind_varnish"])
def test_what_is_posted_comes_through(cache: str, request: pytest.FixtureRequest) -> None:
    before = request.getfixturevalue(cache)
    before.post("bread", "Known.")
    with watching(before, "bread") as reader, watching(before, "bread") as other:
        for text in ("Rye.", "Oats."):
            before.post("bread", text)
            assert reader.next().texts == other.next().texts == [text]


def test_proxies_wait_longer_than_a_stream_is_silent() -> None:
    said = re.findall(r"timeout (?:client|server) (\d+)s", (DEPLOY / "haproxy.cfg").read_text())
    assert len(said) == 2
    assert all(int(seconds) > BEAT_EVERY for seconds in said)
