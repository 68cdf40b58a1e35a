"""A rule tried from its page: what it would have done is shown, in pages and in the time given, and nothing is done."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from descant.discussion.deciding import decide
from descant.discussion.judging import trying
from descant.discussion.models import Comment
from descant.forums.models import Rule
from descant.moderate.rules import trying as trying_page
from tests.descant.conftest import Cast
from tests.descant.moderate.conftest import Desk
from tests.descant.moderate.test_rules import attempt, words_of

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Say = Callable[..., Comment]


def sealed(answer: Any) -> str:
    found = re.search(r'name="trial" value="([^"]+)"', answer.content.decode())
    assert found
    return html.unescape(found[1])


def test_a_rule_is_tried_before_it_is_saved_and_nothing_happens(cast: Cast, bo: Desk, say: Say) -> None:
    for text in ("Cheap pills here.", "Rye.", "More PILLS."):
        say(text)
    let_stand = say("p i l l s")
    decide(forum=cast.gazette, comments=[let_stand], verdict="hide", by=cast.ann)
    decide(forum=cast.gazette, comments=[let_stand], verdict="restore", by=cast.bo)
    answer = attempt(bo)
    told = words_of(answer)
    assert "Of the comments looked at it would have held 3." in told
    assert "All 4 comments of these days were looked at." in told
    assert "Of these, today: Shown 3 Of these, let stand by moderators 1" in told
    assert "Cheap <mark>pills</mark> here." in answer.content.decode()
    assert "Rye." not in told
    assert "<svg" in answer.content.decode()
    assert not Rule.objects.exists()
    assert set(Comment.objects.of(cast.gazette).values_list("state", flat=True)) == {"shown"}


def test_what_was_met_is_shown_in_pages(
    cast: Cast, bo: Desk, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying_page, "LINES", 2)
    for number in range(5):
        say(f"pills {number}")
    seen, answer = [], attempt(bo)
    for page in (1, 2, 3):
        answer = attempt(bo, trial=sealed(answer), page=page)
        assert f"Page {page} of 3" in words_of(answer)
        seen += re.findall(r"</mark> (\d)", answer.content.decode())
    assert seen == ["4", "3", "2", "1", "0"]


def test_a_trial_ends_with_the_time_it_has_says_so_and_goes_on(
    cast: Cast, bo: Desk, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "CLOCK_EVERY", 2)
    monkeypatch.setattr(trying_page, "SECONDS", -1.0)
    for number in range(5):
        say(f"pills {number}")
    answer = attempt(bo)
    assert "2 of 5 comments were looked at in the time given" in words_of(answer)
    answer = attempt(bo, trial=sealed(answer), page=1)
    assert "2 of 5 comments" in words_of(answer), "another page is no other step"
    for _step in range(2):
        answer = attempt(bo, trial=sealed(answer), go=1)
    assert "All 5 comments" in words_of(answer)
    assert "would have held 5." in words_of(answer)


def test_a_sealed_trial_is_of_one_rule_for_one_person(
    cast: Cast, bo: Desk, sit: Callable[[str], Desk], say: Say
) -> None:
    say("pills")
    kept = sealed(attempt(bo))
    say("pills and casinos")
    assert "would have held 1." in words_of(attempt(bo, trial=kept, page=1)), "it is as it was"
    for again in (
        attempt(bo, trial=kept, words="casino*", page=1),
        attempt(bo, trial=f"{kept[:-1]}x", words="casino*"),
        attempt(sit("ann"), trial=kept, words="casino*"),
    ):
        assert "Of the comments looked at it would have held 1." in words_of(again)
        assert "All 2 comments" in words_of(again)


def test_what_was_deleted_since_shows_its_text_to_nobody(cast: Cast, bo: Desk, say: Say) -> None:
    comment = say("Secret pills.")
    kept = sealed(attempt(bo))
    decide(forum=cast.gazette, comments=[comment], verdict="delete", by=cast.ann)
    answer = attempt(bo, trial=kept, page=1)
    assert "Secret" not in answer.content.decode()
    assert "shown to nobody" in words_of(answer)


def test_what_cannot_be_tried_says_why(cast: Cast, bo: Desk) -> None:
    answer = attempt(bo, kind="address", ranges="192.0.2.0/24")
    assert "Addresses are not kept" in words_of(answer)
