"""Operators see what is on and for whom, turn it with a reason, and turn it back: by a command and on a page."""

from collections.abc import Iterator

import pytest
from django.test import Client

from descant.accounts.models import User
from descant.operate.touching import switch_states
from descant.site.command import main
from django_headroom.operations.switches import is_on, knowing
from django_headroom.operations.switches.models import Turn
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
PAGE = "/operate/switches/votes/"


@pytest.fixture(autouse=True)
def _nothing_stays_turned() -> Iterator[None]:
    yield
    knowing.forget()


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("opal", is_staff=True))
    return client


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["switch", *words]) == 0
    return capsys.readouterr().out


def test_a_switch_is_turned_shown_and_turned_back_by_a_command(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "votes\ton\tfor all\n" in said(capsys, "list")
    told = said(
        capsys,
        "set",
        "votes",
        "12.5",
        "--not-forum",
        "gazette",
        "--staff",
        "--why",
        "it burns",
        "--by",
        "opal",
    )
    words = "for 12.5 % of the people; for the staff; not for the forums gazette"
    assert told == f"votes is on {words} (turn 1).\n"
    assert f"votes\tsome\t{words}\n" in said(capsys, "list")
    assert not is_on("votes", forum="gazette")
    shown = said(capsys, "show", "votes")
    assert "Comments are voted up and down." in shown
    assert "by opal: it burns (turn 1)" in shown
    assert said(capsys, "revert", "1", "--by", "opal") == "votes is on for all (turn 2).\n"
    assert is_on("votes", forum="gazette")
    lines = said(capsys, "history", "votes").splitlines()
    assert [line.split("\t")[0] for line in lines] == ["turn", "2", "1"]
    assert lines[1].endswith("turned back (reverts 1)")
    assert said(capsys, "history", "mail").splitlines() == lines[:1]


def test_times_are_in_utc_unless_they_say_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(
        capsys,
        *("set", "read_only", "on", "--begins", "2030-01-01T02:00", "--ends", "2030-01-01T04:00+01:00"),
        *("--why", "the move"),
    )
    assert "for all; from 2030-01-01 02:00 UTC; until 2030-01-01 03:00 UTC" in told
    assert not is_on("read_only")


@pytest.mark.parametrize(
    ("words", "why_not"),
    [
        (["set", "wings", "on", "--why", "x"], "There is no switch 'wings'"),
        (["set", "votes", "many", "--why", "x"], "“many” is no percentage"),
        (["set", "votes", "101", "--why", "x"], "101 is no percentage"),
        (["set", "votes", "on", "--why", " "], "Say why"),
        (["set", "votes", "off", "--forum", "gazet", "--why", "x"], "There is no forum “gazet”."),
        (["set", "votes", "on", "--ends", "soon", "--why", "x"], "“soon” is no moment"),
        (["revert", "7"], "no turn 7"),
        (["show", "wings"], "no switch 'wings'"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], why_not: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["switch", *words]) == 2
    assert why_not in capsys.readouterr().err
    assert not Turn.objects.using("default").exists()


def test_the_page_says_what_is_on_for_whom_and_who_turned_it(operator: Client, cast: Cast) -> None:
    main(["switch", "set", "live", "off", "--not-actor", "u7", "--why", "<b>it</b> burns", "--by", "opal"])
    with query_budget(3):
        page = operator.get("/operate/switches/").content.decode()
    assert "&lt;b&gt;it&lt;/b&gt; burns" in page
    assert "not for the people u7" in page
    assert page.count('class="state ') == page.count("<tr>") - 1, "each says how it stands"
    with query_budget(3):
        page = operator.get("/operate/switches/live/").content.decode()
    assert 'value="u7"' in page
    assert operator.get("/operate/switches/wings/").status_code == 404


def test_an_operator_turns_it_on_the_page_and_back_with_one_click(operator: Client, cast: Cast) -> None:
    answer = operator.post(PAGE, {"to": "off", "why": "it burns"}, follow=True)
    assert "votes is now on for nobody." in answer.content.decode()
    assert not is_on("votes")
    kept = Turn.objects.using("default").get()
    assert (kept.by, kept.why) == ("opal", "it burns")
    some = {
        "to": "some",
        "percent": "100",
        "never_forum": "gazette tribune",
        "staff": "on",
        "why": "two of them",
    }
    operator.post(PAGE, some)
    assert [is_on("votes", forum=name) for name in ("gazette", "tribune", "other")] == [False, False, True]
    operator.post(PAGE, {"revert": "2"})
    assert not is_on("votes", forum="other")
    operator.post(PAGE, {"revert": "1"})
    assert is_on("votes", forum="gazette")
    assert Turn.objects.using("default").count() == 4


@pytest.mark.parametrize(
    ("form", "why_not"),
    [
        ({"to": "off", "why": " "}, "Say why"),
        ({"to": "some", "percent": "many", "why": "x"}, "“many” is no percentage"),
        ({"to": "some", "always_forum": "gazet", "why": "x"}, "There is no forum “gazet”."),
        ({"revert": "7"}, "There was no turn 7"),
    ],
)
def test_a_form_that_says_nothing_is_drawn_again_with_what_is_wrong(
    operator: Client, form: dict[str, str], why_not: str
) -> None:
    answer = operator.post(PAGE, form)
    assert answer.status_code == 400
    assert why_not in answer.content.decode()
    assert not Turn.objects.using("default").exists()


def test_nobody_else_turns_anything() -> None:
    reader = Client()
    reader.force_login(User.objects.create_user("rea"))
    assert reader.post(PAGE, {"to": "off", "why": "x"}).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("opal", is_staff=True))
    assert strict.post(PAGE, {"to": "off", "why": "x"}).status_code == 403
    assert is_on("votes")


def test_an_error_tells_how_the_switches_stand(cast: Cast, operator: Client) -> None:
    operator.post(PAGE, {"to": "some", "percent": "5", "why": "to see"})
    operator.post("/operate/switches/live/", {"to": "some", "staff": "1", "why": "to see"})
    operator.post("/operate/switches/mail/", {"to": "off", "why": "to see"})
    told = switch_states()
    assert (told["switch votes"], told["switch live"]) == ("for 5 %", "for some")
    assert (told["switch mail"], told["switch guest_posting"]) == ("off", "on")
