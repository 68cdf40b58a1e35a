"""The page of notices and the frame's own: what she was told, what she follows, and what is hers alone."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from descant.accounts.tokens import issue_token
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.followups.following import follow_person, follow_thread
from descant.followups.models import Follow, Notice
from tests.descant.conftest import Cast
from tests.descant.followups.conftest import Worked, account, show

Say = Callable[..., Comment]
PAGE = "/accounts/notices/"


def browser(person: Author) -> Client:
    client = Client()
    client.force_login(account(person))
    return client


def asked(cast: Cast, person: Author, act: str, **body: Any) -> dict[str, Any]:
    token = issue_token(forum_id=cast.gazette.pk, user=person.user)
    sent = {"forum": "gazette", "thread": {"identifier": "bread"}, **body}
    headers = {"Origin": "http://testserver", "Authorization": f"Bearer {token}"}
    answer = Client().post(f"/embed/do/{act}", json.dumps(sent), "application/json", headers=headers)
    told: dict[str, Any] = answer.json()
    return told


def test_what_is_shown_counts_as_seen(people: Cast, say: Say, work: Worked) -> None:
    say("Rye & wheat.", by=people.cy, to=say("Rye?", by=people.ann))
    work()
    assert asked(people, people.ann, "mine", comments=[])["unseen"] == 1
    page = browser(people.ann).get(PAGE).content.decode()
    assert "Cy replied to you on “Bread”:" in page
    assert "Rye &amp; wheat." in page
    assert asked(people, people.ann, "mine", comments=[])["unseen"] == 0
    assert "Cy replied" not in browser(people.dee).get(PAGE).content.decode()


def test_what_was_hidden_since_is_not_shown(people: Cast, say: Say, work: Worked) -> None:
    answer = say("Rye & wheat.", by=people.cy, to=say("Rye?", by=people.ann))
    work()
    decide(forum=people.gazette, comments=[answer], verdict="hide", by=people.bo)
    assert "wheat" not in browser(people.ann).get(PAGE).content.decode()


def test_the_frame_follows_and_unfollows(people: Cast, bread: Thread, say: Say, work: Worked) -> None:
    say("Rye?", by=people.ann)
    work()
    assert asked(people, people.dee, "mine", comments=[])["follows"] is False
    assert asked(people, people.dee, "follow") == {"follows": True}
    assert asked(people, people.dee, "mine", comments=[])["follows"] is True
    say("Rye.", by=people.cy)
    work()
    assert Notice.objects.get().user_id == account(people.dee).pk
    assert asked(people, people.dee, "follow", follows=False) == {"follows": False}
    assert not Follow.objects.exists()


def test_a_guest_is_told_nothing_of_notices(people: Cast, say: Say) -> None:
    say("Rye?", by=people.ann)
    token = issue_token(forum_id=people.gazette.pk, guest="g" * 32)
    headers = {"Origin": "http://testserver", "Authorization": f"Bearer {token}"}
    for act, status in (("mine", 200), ("follow", 403)):
        sent = json.dumps({"forum": "gazette", "thread": {"identifier": "bread"}, "comments": []})
        answer = Client().post(f"/embed/do/{act}", sent, "application/json", headers=headers)
        assert answer.status_code == status
        assert "unseen" not in answer.json()


def test_a_page_that_nobody_has_written_on_cannot_be_followed(people: Cast) -> None:
    assert "follows" not in asked(people, people.dee, "follow")


def test_what_she_follows_is_listed_and_ended(people: Cast, bread: Thread) -> None:
    dee = browser(people.dee)
    follow_thread(user=account(people.dee), thread=bread)
    follow_person(user=account(people.dee), profile=show(people.cy, "cyril"))
    page = dee.get(PAGE).content.decode()
    assert "https://gazette.example/bread" in page
    assert "cyril" in page
    dee.post(PAGE, {"unfollow": f"t{bread.pk}"})
    dee.post(PAGE, {"unfollow": f"u{account(people.cy).pk}\0"})
    assert not Follow.objects.exists()


def test_a_person_is_followed_from_her_page(people: Cast) -> None:
    dee = browser(people.dee)
    assert dee.get("/accounts/follow/?name=cyril").status_code == 404
    profile = show(people.cy, "cyril")
    assert "Follow cyril?" in dee.get("/accounts/follow/?name=cyril").content.decode()
    dee.post("/accounts/follow/", {"name": "cyril"})
    assert Follow.objects.get().what == f"u{profile.user_id}"
    assert browser(people.cy).get("/accounts/follow/?name=cyril").status_code == 404, "nobody follows herself"
    assert Client().get("/accounts/follow/?name=cyril").status_code == 302
