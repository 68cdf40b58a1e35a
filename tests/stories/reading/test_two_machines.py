"""Two machines before the same databases: what one of them took, the other shows as well.

It is asked until it does; that a page is sent no longer than a second unasked for, tests/descant/site/front holds.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.stories.reading.caches import wait_until
from tests.stories.reading.sites import PAGE, WORKERS, Site, get, page, site
from tests.stories.reading.streams import watching
from tests.stories.serving import descant, serving

__all__ = ["site"]  # the first machine


@pytest.fixture(scope="module")
def other(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The second: it shares databases with the first, and no memory."""
    memory = tmp_path_factory.mktemp("memory") / "freshness"
    environment = {
        **site.environment,
        "DESCANT_FRESHNESS_FILE": str(memory),
        "DESCANT_ONE_MACHINE": "0",
    }
    folder = Path(site.environment["DESCANT_DATA"])
    with serving(environment, folder, "--workers", str(WORKERS)) as (process, port):
        yield Site(port, site.key, environment, process)


def test_a_comment_that_one_machine_took_is_shown_by_the_other(site: Site, other: Site) -> None:
    site.post("The first.", "bread")
    with other.one_reader_of_each() as readers:
        for number in range(10):
            assert all("The first." in page(reader, "bread") for reader in readers)
            comment = site.post(f"Loaf {number}.", "bread")
            for reader in readers:
                newest = partial(get, reader, f"{PAGE}bread&order=newest")
                wait_until(lambda: f"descant-{comment}" in newest().whole.decode())  # noqa: B023 - called at once
                wait_until(lambda: f"Loaf {number}." in page(reader, "bread"))  # noqa: B023


def test_so_is_the_first_comment_of_a_page(site: Site, other: Site) -> None:
    with other.one_reader_of_each() as readers:
        assert not any("Rye." in page(reader, "empty") for reader in readers)
        site.post("Rye.", "empty")
        wait_until(lambda: all("Rye." in page(reader, "empty") for reader in readers))


def test_so_is_what_an_owner_changed(site: Site, other: Site) -> None:
    site.post("Rye.", "framed")
    with other.one_reader_of_each() as readers:
        assert all(get(reader, f"{PAGE}framed").status == 200 for reader in readers)
        descant("forum", "set", "gazette", "--add-domain", "far.example", environment=site.environment)
        wait_until(lambda: all("far.example" in policy_of(reader) for reader in readers))


def test_who_watches_at_the_other_is_told_of_it(site: Site, other: Site) -> None:
    site.post("Known.", "watched")
    with watching(other, "watched") as reader, watching(other, "unwritten-there") as first:
        site.post("Rye.", "watched")
        assert reader.next().texts == ["Rye."]
        site.post("The first.", "unwritten-there")
        assert first.next().texts == ["The first."]


def policy_of(reader: Any) -> str:
    return str(get(reader, f"{PAGE}framed").headers["Content-Security-Policy"])
