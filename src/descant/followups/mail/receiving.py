"""Answers that come by mail become comments: of the person whom the letter went to, below the comment it told of."""

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from descant.accounts.models import User
from descant.discussion.authors import Author, role_of
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, Refused, post_comment
from descant.followups.mail.tokens import letter_of
from descant.followups.models import Letter
from descant.forums.directory import forum_with_id

LONGEST = 1024 * 1024
_SAID_BEFORE = re.compile(r"^(>|-- ?$|_{10,}$|-{3,} ?\S.* ?-{3,}$)")
_BEFORE_A_QUOTE = re.compile(r"^.{0,200}<[^>\s]+@[^>\s]+>.{0,80}:\s*$|^(On|Am|Le)\b.{0,200}:\s*$")


class NotTaken(Exception):
    """A mail that becomes no comment; the message tells its sender why."""


def receive(raw: bytes) -> Comment | None:
    """Post what an answer says. None if a machine wrote it, which is nobody's answer.

    Raises:
        NotTaken
    """
    if len(raw) > LONGEST:
        raise NotTaken(_("The mail is too long: send the text alone."))
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    if _is_of_a_machine(mail):
        return None
    letter = _letter(mail)
    user = _user(letter, mail)
    forum = forum_with_id(letter.forum_id or 0)
    rows = Comment.objects.of(forum).select_related("thread").filter(pk=letter.comment_id)
    parent: Comment | None = rows.first()
    if parent is None:
        raise NotTaken(_("The comment you reply to is gone."))
    draft = Draft(text=new_words(mail), parent_id=parent.pk, key=f"mail/{mail.get('Message-ID', '')}"[:200])
    author = Author(user=user, role=role_of(user, forum))
    try:
        return post_comment(forum=forum, thread=parent.thread, author=author, draft=draft)
    except Refused as refused:
        raise NotTaken(str(refused)) from refused


def new_words(mail: EmailMessage) -> str:
    """What is new in an answer: without what it quotes, and without a signature.

    Raises:
        NotTaken: there is no text in it.
    """
    part = mail.get_body(preferencelist=("plain",))
    try:
        written = part.get_content() if part else ""
    except (LookupError, ValueError):  # a charset that nobody knows
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


def _is_of_a_machine(mail: EmailMessage) -> bool:
    automatic = str(mail.get("Auto-Submitted", "no")).strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    return automatic != "no" or precedence in ("bulk", "junk", "auto_reply") or "X-Autoreply" in mail


def _letter(mail: EmailMessage) -> Letter:
    names = ("To", "Cc", "Delivered-To", "X-Original-To")
    addresses = getaddresses([str(value) for name in names for value in mail.get_all(name, [])])
    for _name, address in addresses:
        letter = letter_of(address)
        if letter is not None and letter.comment_id and letter.sent_at:
            return letter
    raise NotTaken(_("This address answers no letter of ours, or an old one: write on the page instead."))


def _user(letter: Letter, mail: EmailMessage) -> User:
    """Who got the letter, if the answer comes from an address of hers: a letter passed on makes nobody else her."""
    sender = parseaddr(str(mail.get("From", "")))[1]
    user = None
    if letter.recipient[0] == "u":
        user = User.objects.filter(pk=int(letter.recipient[1:]), is_active=True).first()
    if (
        user is None
        or not EmailAddress.objects.filter(user=user, verified=True, email__iexact=sender).exists()
    ):
        raise NotTaken(_("Write from the address that the letter came to."))
    return user
