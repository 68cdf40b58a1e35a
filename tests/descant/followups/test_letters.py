"""Letters: who gets which, what is in them, and what is not."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from descant.accounts.preferring import keep_preferences
from descant.community import hearing
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.followups.mail import letters
from descant.followups.mail.letters import letter, post_letters
from descant.followups.mail.mailboxes import A_DAY_MOST
from descant.followups.mail.sending import InOtherHands, send_letter
from descant.followups.mail.tokens import STOPS_FOR, link_token, recipient_in
from descant.followups.models import Kind, Letter, Mailbox, Notice
from django_headroom.delayed.models import Event
from django_headroom.delayed.worker import drain
from django_headroom.operations.switches import switches
from django_headroom.transactions import writing
from tests.descant.conftest import Cast
from tests.descant.followups.conftest import Worked, account

Say = Callable[..., Comment]


def test_a_reply_is_mailed_in_whole(people: Cast, say: Say, work: Worked) -> None:
    asked = say("Rye or wheat?", by=people.ann)
    say("Rye, **of course**.\n\n<script>alert(1)</script>", by=people.cy, to=asked)
    [mail] = work()
    assert isinstance(mail, EmailMultiAlternatives)
    assert mail.to == ["ann@mail.example"]
    assert mail.subject == "Re: Bread"
    assert mail.from_email == '"Cy (gazette)" <comments@localhost>'
    assert "Cy replied to you on “Bread”:" in mail.body
    assert "https://gazette.example/bread#descant-" in mail.body
    [alternative] = mail.alternatives
    html = str(alternative[0])
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "src=" not in html
    assert "url(" not in html, "nothing is fetched"
    assert "cy@mail.example" not in mail.body + html


def test_nobody_is_mailed_more_than_so_often_in_an_hour(
    people: Cast, say: Say, work: Worked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wants to fill her mailbox replies to her again and again; her notices tell it all the same."""
    monkeypatch.setattr(letters, "HOURLY_MOST", 2)
    asked = say("Rye or wheat?", by=people.ann)
    for _time in range(4):
        say("Rye.", by=people.cy, to=asked)
    assert [mail.to for mail in work()] == [["ann@mail.example"]] * 2
    assert Notice.objects.filter(user_id=account(people.ann).pk).count() == 4
    Letter.objects.update(made_at=timezone.now() - timedelta(hours=1, seconds=1))
    say("Rye!", by=people.cy, to=asked)
    assert [mail.to for mail in work()] == [["ann@mail.example"]]


def test_its_headers_let_it_be_threaded_ended_and_left_alone(people: Cast, say: Say, work: Worked) -> None:
    asked = say("Rye or wheat?", by=people.ann)
    first = say("Rye.", by=people.cy, to=asked)
    say("Or wheat.", by=people.cy, to=say("Why?", by=people.ann, to=first))
    mails = work()
    assert [mail.to for mail in mails] == [["ann@mail.example"], ["cy@mail.example"], ["ann@mail.example"]]
    for mail in mails:
        headers = mail.extra_headers
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert headers["List-Unsubscribe"].startswith("<http")
        assert headers["Auto-Submitted"] == "auto-generated"
        assert headers["References"].split()[0] == f"<thread-{asked.forum_id}-{asked.thread_id}@localhost>"
    assert len({mail.extra_headers["Message-ID"] for mail in mails}) == 3


def test_hostile_names_and_titles_stay_in_their_line(people: Cast, say: Say, work: Worked) -> None:
    user = account(people.cy)
    user.name = "Cy\r\nBcc: all@mail.example\u202e"
    user.save(update_fields=["name"])
    Thread.objects.of(people.gazette).update(title="Bread\r\nX-Evil: 1")
    say("Rye.", by=people.cy, to=say("Rye?", by=people.ann))
    [mail] = work()
    assert mail.subject == "Re: Bread X-Evil: 1"
    assert mail.message()["Bcc"] is None
    assert mail.message()["X-Evil"] is None
    assert "\u202e" not in mail.body


def test_what_is_hidden_by_then_is_not_sent(people: Cast, say: Say, work: Worked) -> None:
    asked = say("Rye?", by=people.ann)
    answer = say("Rye.", by=people.cy, to=asked)
    decide(forum=people.gazette, comments=[answer], verdict="hide", by=people.bo)
    mails = work()
    assert [mail.subject for mail in mails] == ["About your comment on gazette"], "Ann gets none"


def test_what_is_hidden_between_the_two_is_not_sent(people: Cast, say: Say, work: Worked) -> None:
    answer = say("Rye.", by=people.cy, to=say("Rye?", by=people.ann))
    drain("p1")  # the letter is written, and not sent yet
    decide(forum=people.gazette, comments=[answer], verdict="hide", by=people.bo)
    assert "ann@mail.example" not in [to for mail in work() for to in mail.to]
    assert Letter.objects.get(recipient=f"u{account(people.ann).pk}").dropped_for == "hidden"


def test_she_says_how_she_is_told(people: Cast, bread: Thread, say: Say, work: Worked) -> None:
    ann = account(people.ann)
    keep_preferences(user=ann, mail="never", language="de")
    say("Rye.", by=people.cy, to=say("Rye?", by=people.ann))
    assert not work()
    keep_preferences(user=ann, mail="replies")
    say("Rye.", by=people.cy, to=say("Roggen?", by=people.ann))
    [mail] = work()
    assert "To stop these mails" not in mail.body, "in her language"


def test_an_address_that_nobody_confirmed_gets_nothing(cast: Cast, say: Say, work: Worked) -> None:
    say("Rye.", by=cast.cy, to=say("Rye?", by=cast.ann))
    assert not work()
    assert Letter.objects.get().dropped_for == "no address"


def test_the_letter_of_the_day_holds_what_she_has_not_seen(people: Cast, say: Say, work: Worked) -> None:
    keep_preferences(user=account(people.ann), mail="daily")
    asked = say("Rye?", by=people.ann)
    answers = [say(f"Answer {number}.", by=people.cy, to=asked) for number in range(3)]
    assert not work()
    [event] = Event.objects.using("default").filter(signal="letter_due")
    assert timezone.now() < event.due_at <= timezone.now() + timedelta(days=1)
    decide(forum=people.gazette, comments=[answers[1]], verdict="hide", by=people.bo)
    Event.objects.using("default").update(due_at=timezone.now())
    mails = {mail.to[0]: mail for mail in work()}
    body = str(mails["ann@mail.example"].body)
    assert "Answer 0." in body
    assert "Answer 2." in body
    assert "Answer 1." not in body, "it is hidden"


def test_a_guest_is_asked_first_and_then_told(
    people: Cast, bread: Thread, say: Say, work: Worked, client: Client
) -> None:
    draft = Draft(text="Rye?", mail="en")
    asked = post_comment(forum=people.gazette, thread=bread, author=people.guest, draft=draft)
    say("Rye.", by=people.cy, to=asked)
    [question] = work()
    assert question.to == ["gus@mail.example"]
    assert question.subject == "Do you want to hear of replies on gazette?"
    assert "Rye" not in question.body, "a stranger's words go to nobody who has not said yes"
    mailbox = Mailbox.objects.get()
    (page,) = re.findall(r"http://localhost:8000(/mail/confirm/[^/]+/)", question.body)
    assert client.get(page).status_code == 200
    assert not Mailbox.objects.exclude(confirmed_at=None).exists(), (
        "a scanner that opens links confirms nothing"
    )
    client.post(page)
    say("Or wheat.", by=people.cy, to=asked)
    [told] = work()
    assert told.to == ["gus@mail.example"]
    assert "Or wheat." in told.body
    client.post(f"/mail/stop/{link_token(f'm{mailbox.pk}')}/", {"List-Unsubscribe": "One-Click"})
    say("Or oat.", by=people.cy, to=asked)
    assert not work()


def test_a_guest_is_not_asked_twice_a_day(people: Cast, bread: Thread, say: Say, work: Worked) -> None:
    for number in range(3):
        draft = Draft(text=f"Rye? {number}", mail="en")
        post_comment(forum=people.gazette, thread=bread, author=people.guest, draft=draft)
    assert len(work()) == 1


def test_an_address_is_asked_of_few_forums_a_day(people: Cast, bread: Thread, work: Worked) -> None:
    """Who owns a hundred forums could ask somebody a hundred times a day."""
    for number in range(A_DAY_MOST):
        Mailbox.objects.create(email="gus@mail.example", forum_id=people.tribune.pk, guest=f"{number}")
    draft = Draft(text="Rye?", mail="en")
    post_comment(forum=people.gazette, thread=bread, author=people.guest, draft=draft)
    assert not work()
    Mailbox.objects.filter(forum_id=people.tribune.pk).first().delete()  # type: ignore[union-attr]
    post_comment(forum=people.gazette, thread=bread, author=people.guest, draft=draft)
    assert [mail.to for mail in work()] == [["gus@mail.example"]]


def test_what_another_guest_writes_who_gives_her_address_is_not_hers(
    people: Cast, bread: Thread, say: Say, work: Worked, client: Client
) -> None:
    """Else whoever knows that she said yes could have her mailed whatever he says."""

    def write(author: Author) -> Comment:
        draft = Draft(text="Rye?", mail="en")
        return post_comment(forum=people.gazette, thread=bread, author=author, draft=draft)

    other = replace(people.guest, guest="f" * 32, name="Mallory", address="198.51.100.9")
    write(people.guest)
    [_question] = work()
    hers = Mailbox.objects.get()
    client.post(f"/mail/confirm/{link_token(f'm{hers.pk}')}/")
    say("Buy pills.", by=people.cy, to=write(other))
    assert not work(), "and she is asked no second time on one day"
    client.post(f"/mail/stop/{link_token(f'm{hers.pk}')}/")
    Mailbox.objects.update(asked_at=timezone.now() - timedelta(days=2))
    write(other)
    assert not work(), "who said no is left alone, whoever gives her address"
    Mailbox.objects.update(ended_at=timezone.now() - timedelta(days=181))
    Letter.objects.all().delete()  # which are kept for half of that
    write(people.guest)
    assert [mail.to for mail in work()] == [["gus@mail.example"]]


def test_one_click_ends_it_for_an_account(people: Cast, say: Say, work: Worked) -> None:
    asked = say("Rye?", by=people.ann)
    say("Rye.", by=people.cy, to=asked)
    [mail] = work()
    link = mail.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost:8000")
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(link).status_code == 200
    assert strict.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    say("Or wheat.", by=people.cy, to=asked)
    assert not work()


@pytest.mark.parametrize("token", ["x", "u1", "a:b:c", "é", "x" * 300])
def test_a_forged_link_is_nobodys(db: None, client: Client, token: str) -> None:
    assert recipient_in(token, STOPS_FOR) == ""
    assert client.post(f"/mail/stop/{token}/").status_code == 404


def test_a_link_is_good_for_its_time(people: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    over = timedelta(seconds=-1)
    token = link_token(f"u{account(people.ann).pk}")
    assert recipient_in(token, STOPS_FOR) == f"u{account(people.ann).pk}"
    assert recipient_in(token, over) == ""
    assert client.get(f"/mail/stop/{token}/").status_code == 200
    monkeypatch.setattr(hearing, "STOPS_FOR", over)
    assert client.get(f"/mail/stop/{token}/").status_code == 404
    mailbox = Mailbox.objects.create(email="gus@mail.example", forum_id=people.gazette.pk)
    asked = f"/mail/confirm/{link_token(f'm{mailbox.pk}')}/"
    assert client.get(asked).status_code == 200
    monkeypatch.setattr(hearing, "CONFIRMS_FOR", over)
    assert client.post(asked).status_code == 404


def test_a_forum_with_many_followers_keeps_nobody_elses_letters_waiting(people: Cast) -> None:
    """A comment that ten thousand are told of is ten thousand letters at once."""
    many, few = people.gazette.pk, people.tribune.pk
    with writing("default"):
        post_letters(letter(f"u{10_000 + number}", "c1", Kind.THREAD, forum_id=many) for number in range(300))
        post_letters([letter("u9999", "c2", Kind.THREAD, forum_id=few)])
    drain("default")
    assert Letter.objects.get(forum_id=few).dropped_for == "gone", "in the first round"
    assert Letter.objects.filter(forum_id=many, dropped_for="").exists()


def test_of_a_letter_told_twice_one_goes_out(people: Cast, say: Say, work: Worked) -> None:
    say("Rye.", by=people.cy, to=say("Rye?", by=people.ann))
    assert len(work()) == 1
    letter = Letter.objects.get()
    send_letter({"letter_id": str(letter.pk)}, event_id="again")
    assert not work()


def test_a_letter_in_other_hands_is_left_to_them(people: Cast, say: Say) -> None:
    say("Rye.", by=people.cy, to=say("Rye?", by=people.ann))
    drain("p1")
    letter = Letter.objects.get()
    Letter.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(InOtherHands):
        send_letter({"letter_id": str(letter.pk)}, event_id="at once")


def test_letters_wait_while_mail_is_switched_off_and_go_out_afterwards(
    people: Cast, say: Say, work: Worked
) -> None:
    asked = say("Rye or wheat?", by=people.ann)
    say("Rye.", by=people.cy, to=asked)
    with switches(mail=False):
        assert work() == []
        waiting = Event.objects.using("default").get(signal="letter_due")
        assert waiting.due_at > timezone.now()
        assert (waiting.tries, waiting.dead_at) == (0, None), "it is no failure"
        assert not Letter.objects.exclude(sent_at=None).exists()
    Event.objects.using("default").filter(pk=waiting.pk).update(due_at=timezone.now())
    assert [letter.to for letter in work()] == [["ann@mail.example"]]
