"""Who is told of a comment: once, for the strongest reason, and only of what everybody may read."""

from collections.abc import Callable

import pytest

from descant.accounts.models import Block
from descant.discussion.deciding import answer_appeal, appeal_against, decide
from descant.discussion.editing import edit_comment
from descant.discussion.models import Comment, Thread
from descant.followups.following import follow_person, follow_thread, unfollow
from descant.followups.models import Follow, Kind, Notice
from descant.followups.telling import hearers
from descant.followups.telling.comments import tell_of_comment
from descant.followups.telling.hearers import mentions_in
from tests.descant.conftest import Cast
from tests.descant.followups.conftest import Worked, account, show

Say = Callable[..., Comment]


def told(*kinds: str) -> set[tuple[int, str]]:
    rows = Notice.objects.filter(kind__in=kinds) if kinds else Notice.objects.all()
    return set(rows.values_list("user_id", "kind"))


def test_whom_somebody_replies_to_is_told_once(people: Cast, say: Say, work: Worked) -> None:
    asked = say("Rye or wheat?", by=people.ann)
    answer = say("Rye.", by=people.cy, to=asked)
    work()
    assert told() == {(account(people.ann).pk, Kind.REPLY)}
    tell_of_comment({"forum_id": answer.forum_id, "comment_id": str(answer.pk)}, event_id="again")
    assert Notice.objects.count() == 1


def test_nobody_is_told_of_herself(people: Cast, bread: Thread, say: Say, work: Worked) -> None:
    follow_thread(user=account(people.cy), thread=bread)
    show(people.cy, "cy")
    say("@cy: rye.", by=people.cy, to=say("Rye?", by=people.cy))
    work()
    assert not told()


def test_the_strongest_reason_counts(people: Cast, bread: Thread, say: Say, work: Worked) -> None:
    ann, bo, dee = (account(each) for each in (people.ann, people.bo, people.dee))
    cy = show(people.cy, "cy")
    show(people.bo, "bo")
    for user in (ann, bo, dee):
        follow_thread(user=user, thread=bread)
        follow_person(user=user, profile=cy)
    unfollow(follower=f"u{dee.pk}", what=f"t{bread.pk}")
    say("As @bo said.", by=people.cy, to=say("Rye?", by=people.ann))
    work()
    assert told(Kind.REPLY, Kind.MENTION, Kind.PERSON) == {
        (ann.pk, Kind.REPLY), (bo.pk, Kind.MENTION), (dee.pk, Kind.PERSON),
    }  # fmt: skip
    assert told(Kind.THREAD) == {(bo.pk, Kind.THREAD)}, "of Ann's question"


def test_what_waits_is_told_when_it_is_approved(people: Cast, say: Say, work: Worked) -> None:
    people.gazette.hold_all = True
    asked = say("Rye?", by=people.ann)
    answer = say("Rye.", by=people.cy, to=asked)
    Comment.objects.of(people.gazette).filter(pk=answer.pk).update(state=Comment.State.WAITING, version=None)
    work()
    assert not told()
    answer.refresh_from_db()
    decide(forum=people.gazette, comments=[answer], verdict="approve", by=people.bo)
    work()
    assert told(Kind.REPLY) == {(account(people.ann).pk, Kind.REPLY)}


def test_who_does_not_read_somebody_hears_nothing_of_her(people: Cast, say: Say, work: Worked) -> None:
    asked = say("Rye?", by=people.ann)
    Block.objects.create(user=account(people.ann), whom=f"u{account(people.cy).pk}", shown="Cy")
    say("Rye.", by=people.cy, to=asked)
    Block.objects.create(user=account(people.ann), whom=f"g{people.guest.guest}", shown="Gus")
    say("Rye!", by=people.guest, to=asked)
    work()
    assert not told()


def test_a_person_is_heard_only_where_she_is_shown(people: Cast, say: Say, work: Worked) -> None:
    profile = show(people.cy, "cy")
    follow_person(user=account(people.dee), profile=profile)
    profile.scope = profile.Scope.NOBODY
    profile.save(update_fields=["scope"])
    say("Rye.", by=people.cy)
    work()
    assert not told()


def test_a_name_that_nobody_shows_is_no_mention(people: Cast, say: Say, work: Worked) -> None:
    say("@bo, @ann and @nobody", by=people.cy)
    work()
    assert not told()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("@bo", ["bo"]),
        ("Well, @Bo: and (@ann-smith).", ["bo", "ann-smith"]),
        ("bo@mail.example, a@b", []),
        ("https://x.example/@bo", []),
        ("@bo@mastodon.example", []),
        ("@" + "a" * 41, []),
        (" ".join(f"@p{number}" for number in range(30)), [f"p{number}" for number in range(10)]),
    ],
)
def test_what_is_a_mention(source: str, names: list[str]) -> None:
    assert mentions_in(source) == names


def test_many_followers_are_told_step_by_step(
    people: Cast, bread: Thread, say: Say, work: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearers, "STEP", 2)
    for number in range(1_000, 1_005):
        Follow.objects.create(follower=f"u{number}", what=f"t{bread.pk}", forum_id=people.gazette.pk)
    say("Rye.", by=people.cy)
    work()
    assert {user_id for user_id, _kind in told(Kind.THREAD)} == set(range(1_000, 1_005))


def test_an_edit_is_told_to_whom_it_names_and_followers_are_left_alone(
    people: Cast, bread: Thread, say: Say, work: Worked
) -> None:
    """Else whoever edits has a hundred thousand of them gone through again and again."""
    show(people.bo, "bo")
    comment = say("Rye.", by=people.cy)
    work()
    Follow.objects.create(follower="u1000", what=f"t{bread.pk}", forum_id=people.gazette.pk)
    edit_comment(forum=people.gazette, comment=comment, author=people.cy, source="Rye, @bo.")
    work()
    assert told() == {(account(people.bo).pk, Kind.MENTION)}
    decide(forum=people.gazette, comments=[comment], verdict="hide", by=people.ann)
    decide(forum=people.gazette, comments=[comment], verdict="restore", by=people.ann)
    work()
    assert told(Kind.THREAD) == {(1000, Kind.THREAD)}, "that it is shown again is news"


def test_an_author_is_told_what_was_decided(people: Cast, say: Say, work: Worked) -> None:
    comment = say("Rye!", by=people.cy)
    decide(forum=people.gazette, comments=[comment], verdict="hide", by=people.bo, reason="Too loud.")
    work()
    assert told() == {(account(people.cy).pk, Kind.DECISION)}
    comment.refresh_from_db()
    appeal = appeal_against(forum=people.gazette, comment=comment, author=people.cy, said="It was not.")
    appeal.comment = comment
    answer_appeal(forum=people.gazette, appeal=appeal, by=people.bo, answer="It was.")
    work()
    assert Notice.objects.filter(kind=Kind.DECISION).count() == 2


def test_what_changes_nothing_or_is_her_own_is_no_news(people: Cast, say: Say, work: Worked) -> None:
    own = say("Rye.", by=people.bo)
    decide(forum=people.gazette, comments=[own], verdict="delete", by=people.bo)
    work()
    assert not told()
