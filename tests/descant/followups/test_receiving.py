"""Answers by mail: they become comments of the person whom the letter went to, or are refused in words."""

import io
import sys
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from descant.discussion.deciding import set_thread_state
from descant.discussion.models import Comment
from descant.followups.mail.receiving import (
    DEEPEST,
    HEAD_MOST,
    LONGEST,
    PARTS_MOST,
    NotTaken,
    new_words,
    receive,
)
from descant.followups.mail.tokens import letter_of, reply_address
from descant.followups.models import Letter
from descant.forums.models import Role
from descant.operate.commands import mail as command
from tests.descant.conftest import Cast
from tests.descant.followups.conftest import Worked, account

Say = Callable[..., Comment]
ANSWER = """Wheat has more gluten.

On Thu, 26 Nov 2026 at 09:00, Cy (gazette) <comments@localhost> wrote:
> Rye.
> --
"""


@pytest.fixture
def letter(people: Cast, say: Say, work: Worked, settings: Any) -> Letter:
    """What Ann was sent about Cy's answer to her."""
    settings.DESCANT_MAIL_INBOUND = "reply@comments.example"
    say("Rye.", by=people.cy, to=say("Rye or wheat?", by=people.ann))
    [mail] = work()
    letter = Letter.objects.get()
    assert mail.extra_headers["Reply-To"] == reply_address(letter)
    assert len(reply_address(letter).partition("@")[0]) <= 64
    return letter


def answered(letter: Letter, text: str = ANSWER, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = "Ann <Ann@mail.example>"
    mail["To"] = reply_address(letter)
    mail["Message-ID"] = "<1@mail.example>"
    for name, value in headers.items():
        name = name.replace("_", "-")
        del mail[name]
        mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


def test_an_answer_becomes_her_comment_once(people: Cast, letter: Letter, work: Worked) -> None:
    comment = receive(answered(letter))
    assert comment is not None
    assert (comment.text, comment.parent_id) == ("Wheat has more gluten.", letter.comment_id)
    assert comment.author_id == account(people.ann).pk
    again = receive(answered(letter))
    assert again == comment, "mail servers hand over twice"
    assert [mail.to for mail in work()] == [["cy@mail.example"]]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
    ],
)
def test_a_machine_is_not_answered(letter: Letter, headers: dict[str, str]) -> None:
    before = Comment.objects.of(letter.forum_id or 0).count()
    assert receive(answered(letter, **headers)) is None
    assert Comment.objects.of(letter.forum_id or 0).count() == before


def test_who_was_passed_a_letter_on_is_not_her(letter: Letter) -> None:
    with pytest.raises(NotTaken, match="Write from the address"):
        receive(answered(letter, From="cy@mail.example"))


BY_US = "mx.comments.example"
PASSED = (
    f"{BY_US}; spf=pass smtp.mailfrom=mail.example;\r\n dkim=pass header.d=mail.example; dmarc=pass (p=NONE)"
)


@pytest.mark.parametrize(
    ("results", "is_taken"),
    [
        ([PASSED], True),
        ([PASSED.upper()], True),
        (["mx.other.example; dmarc=fail", PASSED], True),
        ([], False),
        (["mx.other.example; dmarc=pass"], False),
        ([f"{BY_US}; dmarc=fail", PASSED], False),  # the lower one came with the mail
        ([f"{BY_US}; none"], False),
        ([f'{BY_US}; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example; dmarc=fail'], False),
        ([f"{BY_US}; spf=fail (it says; dmarc=pass for sure)"], False),
        ([f"{BY_US}; dmarc=passing"], False),
    ],
)
def test_where_the_server_checks_senders_its_word_is_asked(
    letter: Letter, settings: Any, results: list[str], is_taken: bool
) -> None:
    settings.DESCANT_MAIL_AUTHENTICATED_BY = BY_US
    head = "".join(f"Authentication-Results: {each}\r\n" for each in results).encode()
    if is_taken:
        assert receive(head + answered(letter)) is not None
    else:
        with pytest.raises(NotTaken, match="Write from the address"):
            receive(head + answered(letter))


def test_her_address_without_the_letters_own_is_not_enough(letter: Letter) -> None:
    for to in ("reply@comments.example", f"reply+{letter.pk.hex}@comments.example"):
        with pytest.raises(NotTaken, match="answers no letter"):
            receive(answered(letter, To=to))


def test_of_two_senders_none_counts(letter: Letter) -> None:
    for more in (
        b"From: eve@mail.example\n" + answered(letter),
        answered(letter, From="ann@mail.example, e@x.y"),
    ):
        with pytest.raises(NotTaken, match="Write from the address"):
            receive(more)


def test_a_mail_of_many_parts_or_long_headers_is_refused(letter: Letter) -> None:
    nested = EmailMessage()
    nested.set_content("Rye.")
    for _level in range(DEEPEST):
        outer = EmailMessage()
        outer.make_mixed()
        outer.attach(nested)
        nested = outer
    plain = answered(letter)
    head, _, _ = plain.partition(b"Content-Type: text/plain")
    many = EmailMessage()
    many.set_content("Rye.")
    for _part in range(PARTS_MOST):
        many.add_attachment("x")
    for inner in (nested.as_bytes(), many.as_bytes()):
        with pytest.raises(NotTaken, match="too long"):
            receive(head + inner)
    long = b"X-Long: " + b"x " * HEAD_MOST + b"\n"
    with pytest.raises(NotTaken, match="too long"):
        receive(long + plain)
    part = EmailMessage()
    part.set_content("Rye.")
    part.add_attachment("x")
    with pytest.raises(NotTaken, match="too long"):
        receive(
            head
            + part.as_bytes().replace(
                b"Content-Disposition: attachment", b"Content-Disposition: attachment" + b"; a=b" * HEAD_MOST
            )
        )


def test_a_forged_address_answers_nothing(letter: Letter) -> None:
    right = reply_address(letter)
    at = right.index("@")
    forged = right[: at - 1] + ("0" if right[at - 1] != "0" else "1") + right[at:]
    assert letter_of(right.upper()) == letter, "some servers write capitals"
    assert letter_of(forged) is None
    for wrong in (forged, "reply@comments.example", "reply+@comments.example", "é@x", ""):
        with pytest.raises(NotTaken, match="answers no letter"):
            receive(answered(letter, To=wrong))


def test_the_thread_says_no(people: Cast, letter: Letter) -> None:
    thread = Comment.objects.of(people.gazette).select_related("thread").get(pk=letter.comment_id).thread
    set_thread_state(forum=people.gazette, thread=thread, state="closed", by=people.bo)
    with pytest.raises(NotTaken, match="closed"):
        receive(answered(letter))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Yes.\n\n> No?\n", "Yes."),
        ("Yes.\n\nAm Do., 26. Nov. 2026 um 09:00 schrieb Cy:\n> Nein?", "Yes."),
        ("Yes.\n-- \nAnn\nBaker", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: x", "Yes."),
        ("Yes.\n\n---- Weitergeleitet ----\nVon: x", "Yes."),
        ("One.\n\nTwo.\n\n> Three", "One.\n\nTwo."),
    ],
)
def test_what_is_new_in_an_answer(written: str, words: str) -> None:
    mail = EmailMessage()
    mail.set_content(written)
    assert new_words(mail) == words


@pytest.mark.parametrize("line", ["-" * 50_000 + "x", "<" * 200 + "@" * 50_000])
def test_no_line_is_looked_at_for_ever(line: str) -> None:
    """Either took hours, as each of its beginnings was tried with each of its ends."""
    mail = EmailMessage()
    mail.set_content(line, cte="8bit")
    assert new_words(mail) == line


@pytest.mark.parametrize("heading", ["From", "To", "Message-ID", "Auto-Submitted"])
@pytest.mark.parametrize("letters", ["(", "<", '"', "é,"])
def test_a_heading_that_cannot_be_read_is_refused_in_words(db: None, heading: str, letters: str) -> None:
    raw = f"{heading}: {letters * 20_000}\n\nx".encode()
    if heading == "Auto-Submitted":
        assert receive(raw) is None, "a machine's"
    else:
        with pytest.raises(NotTaken, match="answers no letter"):
            receive(raw)


def test_who_is_too_fast_is_told_in_words(people: Cast, letter: Letter, settings: Any) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = 1
    Role.objects.filter(user=account(people.ann)).delete()
    receive(answered(letter))
    with pytest.raises(NotTaken, match="too fast"):
        receive(answered(letter, text="Another.", Message_ID="<2@mail.example>"))


def test_mails_without_a_name_are_told_apart(letter: Letter) -> None:
    first, second = (
        receive(answered(letter, text=text).replace(b"Message-ID: <1@mail.example>\n", b""))
        for text in ("One.", "Two.")
    )
    assert first is not None
    assert second is not None
    assert (first.text, second.text) == ("One.", "Two.")


@pytest.mark.parametrize(
    "raw", [b"", b"\xff" * 99, b"To: x\n\n", b"Content-Type: text/plain; charset=none\n\nx"]
)
def test_what_is_no_mail_is_refused_in_words(db: None, raw: bytes) -> None:
    with pytest.raises(NotTaken):
        receive(raw)


def test_what_is_too_long_is_refused(db: None) -> None:
    with pytest.raises(NotTaken, match="too long"):
        receive(b"x" * (LONGEST + 1))


def test_the_command_tells_the_mail_server(
    letter: Letter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for raw, status in ((answered(letter), 0), (answered(letter, From="x@mail.example"), 65)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        assert command.run(command.argparse.Namespace(verb="receive")) == status
    said = capsys.readouterr()
    assert "is shown" in said.out
    assert said.err == "Write from the address that the letter came to.\n"
