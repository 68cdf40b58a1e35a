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


def test_a_number_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "show", "999"]) == 2
    assert "there is no kind of errors 999" in capsys.readouterr().err
