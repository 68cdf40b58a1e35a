"""Rules at the desk: written in plain words, tried before they bite, switched, ended, and each change kept."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from descant.discussion.deciding.ruling import make_rule, switch_rule
from descant.discussion.judging.rules.kinds import compile_rule
from descant.discussion.judging.rules.writing import SCRIPTS
from descant.discussion.models import Comment
from descant.forums.models import Change, Rule
from descant.moderate.rules.forms import FORMS
from descant.moderate.rules.kinds import KINDS, SCRIPT_WORDS
from tests.descant.conftest import Cast
from tests.descant.moderate.conftest import Desk

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Say = Callable[..., Comment]
PILLS = {"whose": "gazette", "kind": "words", "title": "Pills", "words": "pills\ncasino*", "effect": "hold"}


def words_of(answer: Any) -> str:
    """What a page says, without its markup."""
    main = answer.content.decode().partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def saved(desk: Desk, **fields: Any) -> Rule:
    answer = desk.do("rule", **{**PILLS, **fields})
    assert answer.status_code == 302, words_of(answer)
    return Rule.objects.order_by("-pk")[0]


def attempt(desk: Desk, **fields: Any) -> Any:
    return desk.post("/moderate/rules/try/", {**PILLS, **fields})


FILLED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "words": ({"words": "pills\r\n\r\n casino* "}, {"words": ["pills", "casino*"]}),
    "pattern": ({"pattern": r"\bpills?\b", "case": "on"}, {"pattern": r"\bpills?\b", "case": True}),
    "links": ({"more_than": "3", "hosts": ""}, {"more_than": 3}),
    "first": ({"comments": "2"}, {"comments": 2}),
    "age": ({"hours": "48"}, {"hours": 48, "guests": False}),
    "address": ({"ranges": "192.0.2.0/24"}, {"ranges": ["192.0.2.0/24"]}),
    "language": ({"scripts": ["latin", "greek"]}, {"scripts": ["latin", "greek"]}),
    "rate": ({"comments": "5", "minutes": "10"}, {"comments": 5, "minutes": 10}),
    "double": ({"hours": "24", "where": "forum"}, {"hours": 24, "where": "forum"}),
    "alike": (
        {"comments": "3", "hours": "24", "where": "network"},
        {"comments": 3, "hours": 24, "where": "network"},
    ),
    "score": ({"least": "0.9"}, {"least": 0.9}),
    "outside": ({"classifier": "ours"}, {"classifier": "ours"}),
}


@pytest.mark.parametrize("kind", FILLED)
def test_every_kind_has_a_form_that_says_it_in_plain_words(
    cast: Cast, bo: Desk, kind: str, settings: Any
) -> None:
    settings.CLASSIFIERS = {"ours": {"kind": "http", "url": "https://judge.example/"}}
    asked, said = FILLED[kind]
    blank = bo.get("/moderate/rules/new/", {"whose": "gazette", "kind": kind})
    assert blank.status_code == 200
    assert str(KINDS[Rule.Kind(kind)][0]) in words_of(blank)
    made = saved(bo, **{**PILLS, "kind": kind, **asked})
    assert (made.kind, made.said, made.is_on, made.forum) == (kind, said, False, cast.gazette)
    compile_rule(kind, made.said)
    page = bo.get("/moderate/rules/one/", {"whose": "gazette", "rule": made.pk})
    form = FORMS[kind].of(made)
    again = {name: form[name].value() for name in form.fields if name != "why"}
    for name, value in again.items():
        if value in (None, False):
            again[name] = ""
    bo.do("rule", whose="gazette", rule=made.pk, version=1, **again)
    assert (Rule.objects.get(pk=made.pk).said, Rule.objects.get(pk=made.pk).version) == (said, 2)
    assert page.status_code == 200


def test_all_kinds_are_asked_here_and_all_scripts_have_words() -> None:
    assert {*FORMS, *KINDS} == set(Rule.Kind) == {*FILLED}
    assert {code.upper() for code in SCRIPT_WORDS} == SCRIPTS


def test_links_are_asked_by_number_or_by_sites(cast: Cast, bo: Desk) -> None:
    asked = {"kind": "links", "more_than": "2", "hosts": "shop.example"}
    assert saved(bo, **asked).said == {"hosts": ["shop.example"]}
    assert "Write a whole number from 0 to 100." in words_of(bo.do("rule", **{**PILLS, "kind": "links"}))


def test_a_judge_outside_is_offered_only_where_there_is_one(cast: Cast, bo: Desk) -> None:
    assert "A judge outside" not in words_of(bo.get("/moderate/rules/new/?whose=gazette"))
    assert bo.get("/moderate/rules/new/?whose=gazette&kind=outside").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"words": "!!!"}, "“!!!” holds no word: write letters or figures."),
        ({"title": " "}, "This field is required."),
        ({"title": "x", "words": ""}, "This field is required."),
        ({"kind": "pattern", "pattern": "(a"}, "The pattern cannot be read: missing ): (a."),
        ({"kind": "language", "scripts": "klingon"}, "klingon is not one of the available choices."),
    ],
)
def test_a_bad_rule_is_said_at_its_place_and_nothing_is_lost(
    cast: Cast, bo: Desk, wrong: dict[str, Any], sentence: str
) -> None:
    for answer in (bo.do("rule", **{**PILLS, **wrong}), attempt(bo, **wrong)):
        assert sentence in words_of(answer)
        assert f'value="{PILLS["title"]}"' in answer.content.decode() or "title" in wrong
    assert not Rule.objects.exists()


def test_a_bad_rule_is_told_in_the_language_of_the_browser(cast: Cast, bo: Desk) -> None:
    answer = bo.post("/moderate/do/rule", {**PILLS, "words": "!!!"}, headers={"Accept-Language": "de"})
    assert "„!!!“ enthält kein Wort: Schreiben Sie Buchstaben oder Ziffern." in words_of(answer)


def test_a_rule_is_switched_on_bites_and_is_switched_off_with_its_reason(
    cast: Cast, bo: Desk, say: Say
) -> None:
    made = saved(bo, why="They come each night.")
    answer = bo.post(
        "/moderate/do/rule_state", {"whose": "gazette", "rule": made.pk, "state": "on"}, follow=True
    )
    assert "The rule is on" in answer.content.decode()
    held = say("pills")
    assert held.state == "waiting"
    bo.do("rule_state", whose="gazette", rule=made.pk, state="off", why="It meets bakers.")
    assert say("More pills").state == "shown"
    told = words_of(bo.get("/moderate/rules/one/", {"whose": "gazette", "rule": made.pk}))
    for words in (
        "Written · Bo",
        "They come each night.",
        "Switched on · Bo",
        "Switched off · Bo",
        "It meets bakers.",
    ):
        assert words in told
    assert (
        f"reason=rule-{made.pk}"
        in bo.get("/moderate/rules/one/", {"whose": "gazette", "rule": made.pk}).content.decode()
    )
    rows = Change.objects.order_by("id").values_list("what", flat=True)
    assert list(rows) == ["rule_written", "rule_on", "rule_off"]


def test_what_a_bad_rule_has_held_is_let_go_by_one_batch(cast: Cast, bo: Desk, say: Say) -> None:
    made = saved(bo)
    switch_rule(forum=cast.gazette, rule=made, is_on=True, by=cast.bo)
    held = [say(f"pills {number}") for number in range(2)]
    until = re.search(r'name="until" value="([^"]+)"', bo.get("/moderate/").content.decode())
    assert until
    asked = {"all": "1", "forum": "gazette", "tab": "waiting", "reason": f"rule-{made.pk}", "until": until[1]}
    told = bo.ask("decide", verdict="approve", **asked)[1]
    assert told["changed"] == 2
    assert bo.ask("undo", batch=told["batch"])[1]["changed"] == 2
    states = Comment.objects.of(cast.gazette).filter(pk__in=[each.pk for each in held])
    assert set(states.values_list("state", flat=True)) == {"waiting"}


def test_a_change_is_a_new_version_and_every_version_can_be_read(cast: Cast, bo: Desk) -> None:
    made = saved(bo)
    saved(bo, rule=made.pk, version=1, words="lozenges", effect="spam")
    told = words_of(bo.get("/moderate/rules/one/", {"whose": "gazette", "rule": made.pk}))
    assert "version 2: puts with the spam Words and phrases, one a line lozenges" in told
    assert "version 1: holds Words and phrases, one a line pills casino*" in told
    stale = bo.do("rule", **{**PILLS, "rule": made.pk, "version": 1, "words": "rye"})
    assert stale.status_code == 400
    assert "Somebody has changed this rule meanwhile" in stale.content.decode()


def test_a_rule_that_has_ended_leaves_the_list_and_can_still_be_read(cast: Cast, bo: Desk) -> None:
    made = saved(bo)
    assert "Pills" in words_of(bo.get("/moderate/rules/"))
    bo.do("rule_state", whose="gazette", rule=made.pk, state="end")
    assert "Pills" not in words_of(bo.get("/moderate/rules/"))
    page = bo.get("/moderate/rules/one/", {"whose": "gazette", "rule": made.pk})
    assert "ended" in words_of(page)
    assert "/moderate/do/rule" not in page.content.decode()
    assert bo.do("rule_state", whose="gazette", rule=made.pk, state="burn").status_code == 400


def test_the_networks_rules_are_read_by_all_and_written_by_staff(cast: Cast, bo: Desk, say: Say) -> None:
    assert cast.bo.user
    assert cast.cy.user
    cast.cy.user.is_staff = True
    made = make_rule(
        forum=None, title="Oil", kind="words", said={"words": ["oil"]}, effect="spam", by=cast.cy
    )
    assert "Oil" in words_of(bo.get("/moderate/rules/"))
    page = bo.get("/moderate/rules/one/", {"whose": "*", "rule": made.pk})
    assert "<fieldset disabled" in page.content.decode()
    network = {**PILLS, "whose": "*"}
    for answer in (
        bo.do("rule", **network),
        bo.do("rule_state", whose="*", rule=made.pk, state="on"),
        bo.post("/moderate/rules/try/", {**network, "on": "gazette"}),
        bo.get("/moderate/rules/new/?whose=*"),
    ):
        assert answer.status_code == 404
    type(cast.bo.user).objects.filter(pk=cast.bo.user.pk).update(is_staff=True)
    say("oil")
    answer = bo.post("/moderate/rules/try/", {**network, "words": "oil", "on": "gazette"})
    assert "would have held 1." in words_of(answer)
    assert bo.do("rule", **network).status_code == 302
    bo.do("rule_state", whose="*", rule=made.pk, state="on")
    assert Rule.objects.get(pk=made.pk).is_on


def test_staff_without_a_forum_have_a_desk_for_the_networks_rules(
    cast: Cast, sit: Callable[[str], Desk]
) -> None:
    cy = sit("cy")
    assert cy.get("/moderate/rules/").status_code == 403
    assert cast.cy.user
    type(cast.cy.user).objects.filter(pk=cast.cy.user.pk).update(is_staff=True)
    assert "Of the whole network" in words_of(cy.get("/moderate/rules/"))
    for path in ("", "log/", "bans/", "appeals/"):
        assert cy.get(f"/moderate/{path}").status_code == 200
    assert cy.get("/moderate/rules/new/?whose=gazette").status_code == 404
    assert cy.do("rule", **{**PILLS, "whose": "*"}).status_code == 302


def test_the_rules_of_another_forum_are_as_good_as_none(cast: Cast, bo: Desk) -> None:
    foreign = make_rule(
        forum=cast.tribune,
        title="Foreign",
        kind="words",
        said={"words": ["oil"]},
        effect="hold",
        by=replace(cast.dee, role="owner"),
    )
    assert "Foreign" not in words_of(bo.get("/moderate/rules/"))
    for whose in ("gazette", "tribune", "*", ""):
        asked = {"whose": whose, "rule": foreign.pk}
        assert bo.get("/moderate/rules/one/", asked).status_code == 404
        assert bo.do("rule_state", **asked, state="on").status_code == 404
        assert attempt(bo, **asked).status_code == 404
