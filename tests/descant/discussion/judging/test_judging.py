"""Comments judged by rules: held, called spam or marked, with reasons that say why; and how rules are written."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.utils import timezone

from descant.discussion.deciding.abilities import NotAModerator
from descant.discussion.deciding.ruling import (
    CannotRule,
    RuleChanged,
    change_rule,
    end_rule,
    make_rule,
    switch_rule,
)
from descant.discussion.editing import edit_comment
from descant.discussion.judging.trying import try_rule
from descant.discussion.models import Comment
from descant.embed.drawing import words_for
from descant.forums.models import Premoderation, Rule, RuleVersion
from django_headroom.ids.stepping import forget_blocks
from django_headroom.testing import queries_counted
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
Write = Callable[..., Rule]


def test_a_reason_says_which_rule_in_which_version_found_what_where(say: Say, rule: Write) -> None:
    made = rule("words", words=["pills"])
    held = say("Cheap pills here.")
    assert held.state == "waiting"
    assert held.reasons == [
        {
            "rule": made.pk,
            "version": 1,
            "kind": "words",
            "title": "About words",
            "effect": "hold",
            "found": "pills",
            "span": [6, 11],
        }
    ]
    assert say("Rye.").reasons == []


def test_the_author_is_told_in_general_and_never_the_word(say: Say, rule: Write) -> None:
    rule("words", words=["pills"])
    told = words_for(say("Cheap pills here.").reasons)
    assert told == ["A moderator reads it first: it holds a word that this forum looks at."]
    rule("words", words=["rye"], effect="mark")
    assert words_for(say("Rye.").reasons) == []


def test_the_strongest_rule_wins_and_all_reasons_are_kept(cast: Cast, say: Say, rule: Write) -> None:
    rule("words", words=["cheap"], effect="mark")
    assert (say("Cheap bread.").state, say("Cheap bread.").needs_look) == ("shown", True)
    rule("links", more_than=0, effect="hold")
    rule("pattern", pattern="pills?", effect="spam")
    cast.gazette.premoderation = Premoderation.EVERYBODY
    spam = say("Cheap pills: https://shop.example")
    assert (spam.state, spam.needs_look) == ("spam", False)
    kinds = [each if isinstance(each, str) else each["kind"] for each in spam.reasons]
    assert kinds == ["premoderation_everybody", "pattern", "links", "words"]


def test_moderators_and_trusted_people_pass(cast: Cast, say: Say, rule: Write) -> None:
    rule("words", words=["pills"], effect="spam")
    assert say("pills", by=cast.bo).state == "shown"
    assert say("pills", by=replace(cast.cy, role="trusted")).state == "shown"


def test_a_rule_of_the_network_holds_everywhere_and_one_of_a_forum_only_there(
    cast: Cast, say: Say, rule: Write
) -> None:
    rule("words", words=["rye"], forum=cast.tribune)
    assert say("Rye.").state == "shown"
    rule("words", words=["pills"], forum=None)
    assert say("pills").state == "waiting"


def test_what_an_author_has_changed_is_judged_anew(cast: Cast, say: Say, rule: Write) -> None:
    rule("words", words=["pills"])
    comment = say("Rye.")
    edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Buy pills.")
    assert (comment.state, comment.reasons[0]["span"]) == ("waiting", [4, 9])
    edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Rye.")
    assert comment.state == "waiting", "nobody edits a comment past its moderator"
    assert comment.reasons[0]["found"] == "pills"
    assert "span" not in comment.reasons[0]


def test_no_rule_costs_no_query_and_rules_on_text_cost_none_once_read(
    cast: Cast, say: Say, rule: Write
) -> None:
    forget_blocks(cast.gazette.partition)  # of ids; of a new one there are enough for all that follows
    say("warm")
    with queries_counted() as without:
        say("Rye.")
    rule("words", words=["pills"])
    rule("links", more_than=2)
    rule("age", hours=1, guests=False, effect="mark")
    say("warm")
    with queries_counted() as with_rules:
        say("Rye.")
    assert with_rules.count == without.count


def test_only_rules_that_need_it_ask_and_none_once_it_is_spam(cast: Cast, say: Say, rule: Write) -> None:
    say("warm")
    with queries_counted() as without:
        say("Rye.")
    rule("rate", comments=100, minutes=5)
    rule("words", words=["pills"], effect="spam")
    say("warm")
    with queries_counted() as asking:
        say("Rye.")
    assert asking.count == without.count + 1
    with queries_counted() as spam:
        say("pills")
    assert spam.count <= without.count


def test_first_comments_are_met_until_enough_are_shown(cast: Cast, say: Say, rule: Write) -> None:
    say("before the rule")
    rule("first", comments=2)
    assert [say("1").state, say("2", by=cast.dee).state] == ["waiting", "waiting"]
    Comment.objects.of(cast.gazette).filter(author=cast.cy.user.pk).update(state="shown")  # type: ignore[union-attr]
    assert say("3").state == "shown"
    assert say("4", by=cast.guest).state == "waiting"


def test_one_person_who_writes_much_is_met_and_nobody_else(cast: Cast, say: Say, rule: Write) -> None:
    rule("rate", comments=2, minutes=10)
    states = [say(str(number)).state for number in range(3)]
    assert states == ["shown", "shown", "waiting"]
    assert say("another").state == "waiting"
    assert say("4", by=cast.dee).state == "shown"
    others = [replace(cast.guest, guest=f"stranger{number}") for number in range(3)]
    assert [say("5", by=each).state for each in others] == ["shown", "shown", "waiting"]


def test_young_accounts_and_ranges_of_addresses_are_met(cast: Cast, say: Say, rule: Write) -> None:
    made = rule("age", hours=24)
    assert [say("1").state, say("2", by=cast.guest).state] == ["waiting", "waiting"]
    switch_rule(forum=cast.gazette, rule=made, is_on=False, by=cast.ann)
    rule("address", ranges=["192.0.2.0/29", "2001:db8::/32"])
    assert say("3").state == "waiting"
    assert say("4", by=replace(cast.cy, address="192.0.2.77")).state == "shown"
    assert say("5", by=replace(cast.cy, address="2001:db8:1:2::/64")).state == "waiting"


def test_a_change_is_a_new_version_and_old_reasons_keep_theirs(cast: Cast, say: Say, rule: Write) -> None:
    made = rule("words", words=["pills"])
    before = say("pills")
    change_rule(
        forum=cast.gazette, rule=made, by=cast.bo, title="Pills", said={"words": ["drops"]}, effect="spam"
    )
    after = say("drops")
    assert (before.reasons[0]["version"], after.reasons[0]["version"], after.state) == (1, 2, "spam")
    assert say("pills").state == "shown"
    kept = RuleVersion.objects.filter(rule=made).order_by("version").values_list("said", "by")
    assert list(kept) == [
        ({"words": ["pills"]}, cast.ann.user.pk),  # type: ignore[union-attr]
        ({"words": ["drops"]}, cast.bo.user.pk),  # type: ignore[union-attr]
    ]


def test_of_two_who_change_a_rule_one_is_told(cast: Cast, rule: Write) -> None:
    made = rule("words", words=["pills"])
    stale = Rule(pk=made.pk, forum=cast.gazette, kind="words", version=made.version)
    stale._state.adding, stale._state.db = False, "default"
    change_rule(
        forum=cast.gazette, rule=made, by=cast.ann, title="Pills", said={"words": ["drops"]}, effect="spam"
    )
    with pytest.raises(RuleChanged, match="read it again"):
        change_rule(
            forum=cast.gazette, rule=stale, by=cast.bo, title="Pills", said={"words": ["oil"]}, effect="hold"
        )


def test_a_rule_is_off_until_it_is_switched_on_and_ends_for_good(cast: Cast, say: Say) -> None:
    made = make_rule(
        forum=cast.gazette, title="Pills", kind="words", said={"words": ["pills"]}, effect="hold", by=cast.bo
    )
    assert say("pills").state == "shown"
    assert switch_rule(forum=cast.gazette, rule=made, is_on=True, by=cast.bo)
    assert not switch_rule(forum=cast.gazette, rule=made, is_on=True, by=cast.ann)
    assert say("pills").state == "waiting"
    assert end_rule(forum=cast.gazette, rule=made, by=cast.ann)
    assert say("pills").state == "shown"
    assert not switch_rule(forum=cast.gazette, rule=made, is_on=True, by=cast.bo)
    assert RuleVersion.objects.filter(rule=made).exists()


def test_only_moderators_write_rules_and_only_staff_those_of_the_network(cast: Cast, rule: Write) -> None:
    said = {"title": "Pills", "kind": "words", "said": {"words": ["pills"]}, "effect": "hold"}
    for person in (cast.cy, cast.guest, replace(cast.cy, role="trusted")):
        with pytest.raises(NotAModerator):
            make_rule(forum=cast.gazette, by=person, **said)
    with pytest.raises(NotAModerator, match="staff"):
        make_rule(forum=None, by=cast.ann, **said)
    made = rule("words", words=["pills"])
    with pytest.raises(NotAModerator):
        switch_rule(forum=cast.gazette, rule=made, is_on=False, by=cast.cy)


def test_a_rule_of_another_forum_is_as_good_as_none(cast: Cast, rule: Write) -> None:
    foreign, network = rule("words", words=["oil"], forum=cast.tribune), rule("first", forum=None)
    changed = {"title": "Mine", "said": {"words": ["rye"]}, "effect": "mark"}
    for made in (foreign, network):
        for act, said in ((change_rule, changed), (switch_rule, {"is_on": False}), (end_rule, {})):
            with pytest.raises(Rule.DoesNotExist):
                act(forum=cast.gazette, rule=made, by=cast.ann, **said)
    with pytest.raises(Rule.DoesNotExist):
        try_rule(cast.gazette, foreign, timezone.now(), by=cast.ann)
    states = Rule.objects.filter(pk__in=[foreign.pk, network.pk]).values_list("is_on", "version", "ended_at")
    assert set(states) == {(True, 1, None)}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "needs a title"),
        ({"effect": "burn"}, "mark, hold, spam"),
        ({"said": {"words": []}}, "is empty"),
        ({"kind": "pattern", "said": {"pattern": "("}}, "cannot be read"),
    ],
)
def test_a_bad_rule_is_refused_with_what_to_do(cast: Cast, wrong: dict[str, object], sentence: str) -> None:
    said = {"title": "Pills", "kind": "words", "said": {"words": ["pills"]}, "effect": "hold", **wrong}
    with pytest.raises(CannotRule, match=sentence):
        make_rule(forum=cast.gazette, by=cast.ann, **said)  # type: ignore[arg-type]
