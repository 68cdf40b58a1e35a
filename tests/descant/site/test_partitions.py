"""Every program looks at its start whose databases they are; after a restore ids go on beyond the gap."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.db import connections

from descant.discussion.models import Comment
from descant.operate.upgrading import check_databases
from descant.site.command import main
from django_headroom import ids
from tests.descant.conftest import ALL_DATABASES

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


@pytest.fixture
def swapped(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 2, "p2": 1}}


@pytest.mark.parametrize("words", ["worker --once", "forum list", "partition list"])
def test_a_command_does_not_begin_on_anothers_partition(
    words: str, swapped: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    assert "has slot" in capsys.readouterr().err


def test_the_web_server_does_not_begin_on_anothers_partition(swapped: None) -> None:
    sys.modules.pop("descant.site.front.application", None)
    with pytest.raises(ids.WrongSlot):
        import_module("descant.site.front.application")


@contextmanager
def out_of_reach(alias: str) -> Iterator[None]:
    before = dict(connections.settings[alias])
    place = {"NAME": "no-such-folder/file"} if connections[alias].vendor == "sqlite" else {"PORT": 1}
    connections[alias].close()
    connections.settings[alias].update(place, OPTIONS={})
    try:
        yield
    finally:
        connections[alias].close()
        connections.settings[alias].update(before)


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_a_partition_out_of_reach_does_not_keep_the_others_closed(
    caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    with out_of_reach("p1"):
        check_databases()
        assert "p1 cannot be reached" in caplog.text
        settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 2, "p2": 1}}
        with pytest.raises(ids.WrongSlot, match="'p2' has slot 2"):
            check_databases()


def test_partitions_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["partition", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"p1\t1\t{ids.epoch('p1')}",
        f"p2\t2\t{ids.epoch('p2')}",
    ]


def test_ids_skip_ahead_at_an_operators_word(capsys: pytest.CaptureFixture[str]) -> None:
    (before,), old = ids.take("p1", Comment, 1), ids.epoch("p1")
    assert main(["partition", "skip-ahead", "p1", "--gap", "5000"]) == 0
    assert capsys.readouterr().out == (f"p1: ids go on 5,000 further in each table, in epoch {old + 1}.\n")
    assert ids.take("p1", Comment, 1)[0] >= before + 5_000 * ids.STEP


@pytest.mark.parametrize(("partition", "gap"), [("p9", "5"), ("p1", "0")])
def test_what_cannot_be_skipped_is_refused(
    partition: str, gap: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["partition", "skip-ahead", partition, "--gap", gap]) == 2
    assert "partition:" in capsys.readouterr().err
