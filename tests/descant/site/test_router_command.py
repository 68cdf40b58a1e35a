"""`descant router explain` tells an operator where rows are; a map that leads astray starts no site."""

from typing import Any

import pytest

from descant.operate.commands import CommandFailed
from descant.operate.commands import router as command
from descant.operate.upgrading import upgrade_all
from descant.site.command import run

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])


def test_a_models_place_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, ["explain", "discussion.Comment"]) == 0
    told = capsys.readouterr().out
    assert "discussion.Comment lives in the partitions: HEADROOM['HOMES'] has 'partitioned'" in told
    assert "migrated in p1, p2." in told
    assert "Its tenant decides: forum_id" in told


def test_an_app_has_a_place_also_before_it_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, ["explain", "errors"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("errors lives in 'default': HEADROOM['HOMES'] has 'default' for the app errors.\n")


def test_without_a_name_every_app_is_told_of(capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    assert run(command, ["explain"]) == 0
    told = capsys.readouterr().out
    assert all(f"\n{name} lives in " in f"\n{told}" for name in settings.HEADROOM["HOMES"])


@pytest.mark.parametrize("word", ["nothing.There", "nothing"])
def test_what_is_no_model_is_refused_in_one_line(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, ["explain", word]) == 2
    assert capsys.readouterr().err.startswith("descant router: ")


def test_a_site_whose_map_of_homes_leads_astray_does_not_start(settings: Any) -> None:
    homes = {name: home for name, home in settings.HEADROOM["HOMES"].items() if name != "followups"}
    settings.HEADROOM = {**settings.HEADROOM, "HOMES": homes}
    with pytest.raises(CommandFailed, match=r"followups\.\w+ has no home.*Add 'followups' with a database"):
        upgrade_all(backup=False)
