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


@pytest.mark.parametrize("word", ["nothing.There", "discussion"])
def test_what_is_no_model_is_refused_in_one_line(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, ["explain", word]) == 2
    assert capsys.readouterr().err.startswith("descant router: ")


def test_a_site_whose_map_of_homes_leads_astray_does_not_start(settings: Any) -> None:
    homes = {name: home for name, home in settings.HEADROOM["HOMES"].items() if name != "followups"}
    settings.HEADROOM = {**settings.HEADROOM, "HOMES": homes}
    with pytest.raises(CommandFailed, match=r"followups\.\w+ has no home.*Add 'followups' with a database"):
        upgrade_all(backup=False)
