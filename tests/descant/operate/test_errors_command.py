"""`descant errors` lists, shows and judges the kinds of errors."""

import pytest

from descant.site.command import main
from django_headroom.operations.errors import counting
from django_headroom.operations.errors.capturing import capture, flush
from django_headroom.operations.errors.models import Group

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def group() -> Group:
    counting._begin_anew()
    price, loaf = {"rye": 3}, "wheat"
    try:
        price[loaf]
    except KeyError as error:
        capture(error)
    flush()
    return Group.objects.get()


def test_an_error_is_listed_shown_and_resolved(group: Group, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "list"]) == 1
    assert f"{group.pk}\tnew\t1\t" in capsys.readouterr().out
    assert main(["errors", "show", str(group.pk)]) == 0
    shown = capsys.readouterr().out
    assert "    price[loaf]" in shown
    assert "loaf = 'wheat'" in shown
    assert main(["errors", "seen", str(group.pk)]) == 0
    assert main(["errors", "list"]) == 0
    assert main(["errors", "resolve", str(group.pk), "--in", "next"]) == 0
    capsys.readouterr()
    assert main(["errors", "list"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["errors", "list", "--all"]) == 0
    assert "\tresolved\t" in capsys.readouterr().out
    assert main(["errors", "reopen", str(group.pk)]) == 0
    assert Group.objects.get().state == "seen"


def test_errors_are_ignored_merged_and_split(group: Group, capsys: pytest.CaptureFixture[str]) -> None:
    other = Group.objects.create(fingerprint="1:other", title="ValueError", count=2)
    assert main(["errors", "merge", str(other.pk), "--into", str(group.pk)]) == 0
    assert Group.objects.get().count == 3
    assert main(["errors", "split", str(group.pk)]) == 0
    assert main(["errors", "ignore", str(group.pk), "--more", "10"]) == 0
    assert main(["errors", "ignore", str(group.pk), "--days", "0.5"]) == 0
    told = f"1 merged into {group.pk}.\n1 split off.\n1 ignored.\n1 ignored.\n"
    assert capsys.readouterr().out == told
    assert Group.objects.get().state == "ignored"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["merge", "7", "--into", "7"], "no other kind of errors 7"),
        (["ignore", "7"], "Ignore it until a time"),
        (["ignore", "7", "--days", "-1"], "Ignore it until a time"),
    ],
)
def test_what_cannot_be_judged_so_is_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["errors", *words]) == 2
    assert why in capsys.readouterr().err


def test_a_number_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "show", "999"]) == 2
    assert "there is no kind of errors 999" in capsys.readouterr().err
