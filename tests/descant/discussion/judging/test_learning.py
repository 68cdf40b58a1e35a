"""What moderators' decisions teach, and the rule that goes by it."""

import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descant.discussion.deciding import decide, undo_batch
from descant.discussion.judging.learning import scoring
from descant.discussion.judging.learning.features import ALL, features_of, packed, unpacked
from descant.discussion.judging.learning.scoring import weigh
from descant.discussion.judging.learning.teaching import teach, teach_all
from descant.discussion.models import Comment
from descant.forums.models import NETWORK, Lesson, Rule, Weight
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
Write = Callable[..., Rule]


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "ENOUGH_HERE", 4)
    monkeypatch.setattr(scoring, "ENOUGH_EVERYWHERE", 8)


@pytest.fixture
def decided(cast: Cast, say: Say) -> uuid.UUID:
    """Five comments that a moderator has called spam, in one batch, and five that she has let stand."""
    batch = uuid.uuid4()
    spam = [say(f"Cheap pills and casino number {number}, click now") for number in range(5)]
    decide(forum=cast.gazette, comments=spam, verdict="spam", by=cast.bo, batch=batch)
    good = [say(f"My rye bread number {number} needs more time") for number in range(5)]
    decide(forum=cast.gazette, comments=good, verdict="hide", by=cast.bo)
    decide(forum=cast.gazette, comments=good, verdict="restore", by=cast.bo)
    while drain("p1"):
        pass
    return batch


def counted(forum_id: int) -> dict[int, tuple[int, int]]:
    rows = Weight.objects.filter(forum_id=forum_id).values_list("feature", "good", "spam")
    return {feature: (good, spam) for feature, good, spam in rows if good or spam}


def test_a_comment_like_those_called_spam_is_held_and_the_words_that_say_so_are_told(
    say: Say, rule: Write, decided: uuid.UUID
) -> None:
    rule("score", least=0.9)
    held = say("The best casino, with pills: click")
    assert held.state == "waiting"
    evidence = dict(held.reasons[0]["evidence"])
    assert {"casino", "pills", "click"} <= set(evidence)
    assert evidence["casino"] > 0.8
    assert float(held.reasons[0]["found"]) >= 0.9
    assert say("I think that bread needs time").state == "shown"
    assert say("Something wholly different about trains").state == "shown"


def test_a_score_says_nothing_until_enough_was_decided(
    cast: Cast, say: Say, rule: Write, decided: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "ENOUGH_HERE", 6)
    rule("score", least=0.5)
    assert say("Cheap pills and casino").state == "shown"


def test_what_is_undone_is_unlearned_to_the_last_word(cast: Cast, say: Say, decided: uuid.UUID) -> None:
    assert counted(cast.gazette.pk)[ALL] == (5, 5) == counted(NETWORK)[ALL]
    undo_batch(forum=cast.gazette, batch=decided, by=cast.bo)
    while drain("p1"):
        pass
    assert counted(NETWORK)[ALL] == (5, 0)
    assert not any(spam for _good, spam in counted(cast.gazette.pk).values())
    assert Lesson.objects.count() == 5


def test_what_is_told_twice_is_learned_once(cast: Cast, decided: uuid.UUID) -> None:
    before = counted(NETWORK)
    for lesson in Lesson.objects.filter(forum_id=cast.gazette.pk):
        assert not teach(forum_id=cast.gazette.pk, comment_id=lesson.comment_id)
    assert counted(NETWORK) == before


def test_all_that_was_decided_can_be_learned_anew(cast: Cast, decided: uuid.UUID) -> None:
    before = counted(NETWORK)
    Lesson.objects.filter(forum_id=cast.gazette.pk).delete()
    Weight.objects.filter(good__gte=0).delete()
    assert teach_all(forum=cast.gazette) == 10
    assert counted(NETWORK) == before
    assert teach_all(forum=cast.gazette) == 0


def test_a_forum_that_knows_a_word_goes_by_itself_and_else_by_the_network() -> None:
    words = {1: "pills", 2: "casino"}
    network = {(NETWORK, ALL): (500, 500), (NETWORK, 1): (0, 50), (NETWORK, 2): (0, 50)}
    pharmacy = {(7, ALL): (50, 50), (7, 1): (40, 0)}
    told = weigh(7, words, {**network, **pharmacy})
    assert told is not None
    shares = dict(told.evidence)
    assert shares["pills"] < 0.1
    assert shares["casino"] > 0.9


COUNTS = st.tuples(st.integers(0, 1_000), st.integers(0, 1_000))


@given(st.dictionaries(st.integers(1, 99), COUNTS, max_size=60))
def test_a_score_is_between_good_and_spam(found: dict[int, tuple[int, int]]) -> None:
    here = {(7, feature): counts for feature, counts in found.items()}
    told = weigh(7, {feature: str(feature) for feature in found}, {**here, (7, ALL): (1_000, 1_000)})
    assert told is not None
    assert 0 <= told.score <= 1
    turned = {(7, feature): counts[::-1] for feature, counts in found.items()}
    other = weigh(7, {feature: str(feature) for feature in found}, {**turned, (7, ALL): (1_000, 1_000)})
    assert other is not None
    assert other.score == pytest.approx(1 - told.score)


@given(st.text(max_size=200))
def test_features_are_kept_and_come_back(text: str) -> None:
    features = features_of(text, is_guest=True)
    assert unpacked(packed(features)) == list(features)
    assert ALL not in features
