"""`descant rule`: the rules listed, one tried, and what was decided learned from."""

from collections.abc import Callable

import pytest

from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.forums.models import Lesson, Rule
from descant.operate.commands import rule as command
from descant.site.command import run
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


def test_rules_are_listed_of_a_forum_and_of_the_network(
    cast: Cast, rule: Callable[..., Rule], capsys: pytest.CaptureFixture[str]
) -> None:
    made = rule("words", words=["pills"])
    rule("links", forum=None, more_than=3, effect="mark")
    rule("first", forum=cast.tribune)
    assert run(command, ["list", "gazette"]) == 0
    assert capsys.readouterr().out == f"{made.pk}\ton\twords\thold\tversion 1\tAbout words\n"
    assert run(command, ["list"]) == 0
    assert "\tlinks\tmark\t" in capsys.readouterr().out


def test_a_rule_is_tried(
    cast: Cast, say: Say, rule: Callable[..., Rule], capsys: pytest.CaptureFixture[str]
) -> None:
    say("Cheap pills.")
    say("Rye.")
    made = rule("words", words=["pills"], effect="spam")
    assert run(command, ["try", "gazette", str(made.pk)]) == 0
    assert "Of 2 comments 1 would have been called spam" in capsys.readouterr().out
    assert run(command, ["try", "gazette", "--pattern", "^R", "--seconds", "9"]) == 0
    assert "Of 2 comments 1 would have been held" in capsys.readouterr().out
    assert run(command, ["try", "gazette", "--words", "pills, rye", "--days", "2"]) == 0
    assert "Of 2 comments 2 would" in capsys.readouterr().out


def test_what_cannot_be_tried_is_refused_in_a_line(
    cast: Cast, rule: Callable[..., Rule], capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = rule("first", forum=cast.tribune)
    assert run(command, ["try", "gazette", str(foreign.pk)]) == 2
    assert "has no such rule" in capsys.readouterr().err
    assert run(command, ["try", "gazette", "--pattern", "("]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_what_was_decided_is_learned_from(cast: Cast, say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    decide(forum=cast.gazette, comments=[say("Cheap pills.")], verdict="spam", by=cast.bo)
    assert run(command, ["learn", "gazette"]) == 0
    assert capsys.readouterr().out == "Learned from 1 comments.\n"
    assert Lesson.objects.get().is_spam
