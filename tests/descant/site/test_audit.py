"""Operators ask all partitions at once: how much there is, and who points at what is gone."""

from collections.abc import Callable

import pytest

from descant.accounts.models import User
from descant.discussion.models import Comment
from descant.site.command import main
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.site.test_partitions import out_of_reach

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)

Told = Callable[[], str]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return lambda: capsys.readouterr().out


def test_a_sound_site_has_no_orphans(cast: Cast, say: Callable[..., Comment], told: Told) -> None:
    say("Rye.", to=say("Wheat."))
    assert main(["audit"]) == 0
    assert told() == "Rows that point at what is gone: 0.\n"


def test_who_points_at_what_is_gone_is_counted_by_its_key(
    cast: Cast, say: Callable[..., Comment], told: Told
) -> None:
    say("Rye.", by=cast.cy)
    say("Wheat.", by=cast.ann)
    User.objects.filter(pk=cast.cy.user.pk)._raw_delete("default")
    assert main(["audit", cast.gazette.partition]) == 1
    assert told().splitlines() == [
        f"{cast.gazette.partition}\tdiscussion.Comment.author\t1",
        "Rows that point at what is gone: 1.",
    ]
    assert main(["audit", "p9"]) == 2


def test_the_partitions_are_counted_together(cast: Cast, say: Callable[..., Comment], told: Told) -> None:
    last = say("Rye.", to=say("Wheat."))
    assert main(["partition", "totals"]) == 0
    assert told().splitlines() == [
        "threads\t1",
        "comments\t2",
        f"last comment\t{last.created_at.isoformat(timespec='seconds')}",
    ]


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_a_partition_that_is_missing_in_the_numbers_is_named(
    cast: Cast, say: Callable[..., Comment], capsys: pytest.CaptureFixture[str]
) -> None:
    say("Rye.")
    with out_of_reach(cast.tribune.partition):
        assert main(["partition", "totals"]) == 1
    out, err = capsys.readouterr()
    assert "comments\t1" in out
    assert f"{cast.tribune.partition} is not in these numbers:" in err
