"""Answers that come by mail become comments: of the person whom the letter went to, below the comment it told of."""

import re
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Any

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from descant.accounts.models import User
from descant.discussion.authors import Author, role_of
from descant.discussion.judging.barring import Banned
from descant.discussion.judging.pacing import TooFast
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, Refused, post_comment
from descant.followups.mail.tokens import letter_of
from descant.followups.mail.vouching import sender_of
from descant.followups.models import Letter
from descant.forums.directory import UnknownForum, forum_with_id
from descant.forums.models import Forum
from descant.switches import SwitchedOff

LONGEST = 1024 * 1024
HEAD_MOST = 64 * 1024
DEEPEST = 10
PARTS_MOST = 50
# Whatever a line is made of, they look at each letter so many times at most.
_SAID_BEFORE = re.compile(r"^(>|-- ?$|_{10,}$|-{3,} ?[^\s-].*---$)")
_BEFORE_A_QUOTE = re.compile(r"^.{0,200}<[^>\s@]{1,64}@[^>\s]{1,255}>.{0,80}:\s*$|^(On|Am|Le)\b.{0,200}:\s*$")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_BETWEEN_ADDRESSES = re.compile(r"[\s,;<>\"]+")


class NotTaken(Exception):
    """A mail that becomes no comment; the message tells its sender why."""


def receive(raw: bytes) -> Comment | None:
    """Post what an answer says. None if a machine wrote it, which is nobody's answer.

    Raises:
        NotTaken
    """
    if len(raw) > LONGEST or not (_END_OF_HEAD.search(raw[:HEAD_MOST]) or len(raw) <= HEAD_MOST):
        raise NotTaken(_("The mail is too long: send the text alone."))
    head = BytesParser(policy=policy.compat32).parsebytes(raw, headersonly=True)
    if _is_of_a_machine(head):
        return None
    letter = _letter(head)
    user, (forum, parent) = _user(letter, head), _parent(letter)
    named = str(head.get("Message-ID", "")).strip()
    key = f"mail/{named}"[:200] if named else ""
    draft = Draft(text=new_words(_whole(raw)), parent_id=parent.pk, key=key)
    author = Author(user=user, role=role_of(user, forum))
    try:
        return post_comment(forum=forum, thread=parent.thread, author=author, draft=draft)
    except (Refused, SwitchedOff, TooFast, Banned) as refused:
        raise NotTaken(str(refused)) from refused


def new_words(mail: EmailMessage) -> str:
    """What is new in an answer: without what it quotes, and without a signature.

    Raises:
        NotTaken: there is no text in it.
    """
    part = mail.get_body(preferencelist=("plain",))
    try:
        written = part.get_content() if part else ""
    except (LookupError, ValueError, RecursionError):  # a charset that nobody knows, a header that is none
        written = ""
    lines: list[str] = []
    for line in written.replace("\r\n", "\n").split("\n"):
        if _SAID_BEFORE.match(line):
            break
        lines.append(line.rstrip())
    while lines and (not lines[-1] or _BEFORE_A_QUOTE.match(lines[-1])):
        lines.pop()
    if not lines:
        raise NotTaken(_("There is no text above the quotation: write your answer above it, as plain text."))
    return "\n".join(lines).strip()


def _whole(raw: bytes) -> EmailMessage:
    """With its parts, read when it is known who has sent it, for strange headers are dear; nothing if it is none.

    Raises:
        NotTaken: they are too many, too deep, or their headers too long.
    """
    try:
        if not _is_simple(BytesParser(policy=policy.compat32).parsebytes(raw)):
            raise NotTaken(_("The mail is too long: send the text alone."))
        return BytesParser(policy=policy.default).parsebytes(raw)
    except (LookupError, ValueError, RecursionError):
        return EmailMessage()


def _is_simple(mail: Message) -> bool:
    """Looked at without reading what the headers say."""
    parts: list[Any] = [mail]
    level = count = 0
    while parts:
        count, level = count + len(parts), level + 1
        heads = (len(name) + len(str(value)) for part in parts for name, value in part.raw_items())
        if count > PARTS_MOST or level > DEEPEST or sum(heads) > HEAD_MOST:
            return False
        inner = [part.get_payload() for part in parts if part.is_multipart()]
        parts = [each for payload in inner for each in payload if isinstance(each, Message)]
    return True


def _is_of_a_machine(head: Message) -> bool:
    automatic = str(head.get("Auto-Submitted", "no")).strip().lower()
    precedence = str(head.get("Precedence", "")).strip().lower()
    return automatic != "no" or precedence in ("bulk", "junk", "auto_reply") or "X-Autoreply" in head


def _letter(head: Message) -> Letter:
    names = ("To", "Cc", "Delivered-To", "X-Original-To")
    written = " ".join(str(value) for name in names for value in head.get_all(name, []))
    for address in _BETWEEN_ADDRESSES.split(written):
        letter = letter_of(address)
        if letter is not None and letter.comment_id and letter.sent_at:
            return letter
    raise NotTaken(_("This address answers no letter of ours, or an old one: write on the page instead."))


def _parent(letter: Letter) -> tuple[Forum, Comment]:
    try:
        forum = forum_with_id(letter.forum_id or 0)
        return forum, Comment.objects.of(forum).select_related("thread").get(pk=letter.comment_id)
    except (UnknownForum, Comment.DoesNotExist):
        raise NotTaken(_("The comment you reply to is gone.")) from None


def _user(letter: Letter, head: Message) -> User:
    """Who got the letter, if the answer comes from an address of hers: a letter passed on makes nobody else her."""
    sender = sender_of(head)
    user = None
    if letter.recipient[0] == "u":
        user = User.objects.filter(pk=int(letter.recipient[1:]), is_active=True).first()
    if (
        user is None
        or not EmailAddress.objects.filter(user=user, verified=True, email__iexact=sender).exists()
    ):
        raise NotTaken(_("Write from the address that the letter came to."))
    return user
