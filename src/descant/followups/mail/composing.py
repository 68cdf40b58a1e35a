"""The text of a letter, made when it goes out: what is hidden by then is not in it."""

from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language_bidi, override
from django.utils.translation import gettext as _

from descant.discussion import text
from descant.discussion.addressing.leading import page_of
from descant.discussion.models import Comment, Decision
from descant.discussion.seeing import may_see
from descant.followups.mail.digests import lines_of_digest
from descant.followups.mail.exported import exported
from descant.followups.mail.letters import letter_id
from descant.followups.mail.recipients import NotWanted, recipient_of, still_follows
from descant.followups.mail.said import Said
from descant.followups.mail.switched_off import switched_off
from descant.followups.mail.tokens import link_token, reply_address
from descant.followups.mail.wording import author_of, paragraphs_of, sentence_about, title_of
from descant.followups.models import Kind, Letter
from descant.forums.directory import UnknownForum, forum_with_id
from descant.forums.models import Forum
from django_headroom.joins import attach

SUBJECT_MOST = 120


def compose(letter: Letter) -> EmailMultiAlternatives:
    """The mail, for its recipient, in her language.

    Raises:
        NotWanted: nobody is to get it any more.
    """
    recipient = recipient_of(letter)
    with override(recipient.language or settings.LANGUAGE_CODE):
        said = _said(letter)
        given = {**said.given, "stop": link_to("mail/stop", letter.recipient), "home": settings.DESCANT_URL}
        given |= {"subject": said.subject, "is_bidi": get_language_bidi(), "kind": letter.kind}
        bodies = [
            render_to_string(f"followups/mail/{said.template}.{kind}", given) for kind in ("txt", "html")
        ]
    message = EmailMultiAlternatives(
        text.one_line(said.subject)[:SUBJECT_MOST],
        bodies[0].strip() + "\n",
        _from(said.sender),
        [recipient.email],
        headers={**_headers(letter), **said.headers},
    )
    message.attach_alternative(bodies[1], "text/html")
    return message


def link_to_page(page: str, token: str) -> str:
    return f"{settings.DESCANT_URL}/{page}/{token}/"


def link_to(page: str, recipient: str) -> str:
    """A page of ours that knows by its address whose mail it is about."""
    return link_to_page(page, link_token(recipient))


def message_id(letter_id: UUID) -> str:
    return f"<{letter_id.hex}@{urlsplit(settings.DESCANT_URL).hostname}>"


def _said(letter: Letter) -> Said:
    if letter.kind == Kind.DIGEST:
        return _digest(letter)
    forum = _forum(letter)
    if letter.kind == Kind.CONFIRM:
        given = {"forum": forum, "confirm": link_to("mail/confirm", letter.recipient)}
        return Said(
            "confirm", _("Do you want to hear of replies on %(forum)s?") % {"forum": forum.title}, given=given
        )
    if letter.kind == Kind.WEBHOOK:
        return switched_off(letter, forum)
    if letter.kind == Kind.EXPORT:
        return exported(letter, forum)
    comment = _comment(letter)
    if letter.kind == Kind.DECISION:
        return _decision(letter, forum, comment)
    if not may_see(comment, None):
        raise NotWanted("hidden")
    what = {Kind.THREAD: f"t{comment.thread_id}", Kind.PERSON: f"u{comment.author_id}"}.get(Kind(letter.kind))
    if what and not still_follows(letter, what):
        raise NotWanted("not followed")
    return _comment_said(letter, forum, comment)


def _comment_said(letter: Letter, forum: Forum, comment: Comment) -> Said:
    reply_to = reply_address(letter)
    given = {
        "sentence": sentence_about(letter.kind, comment),
        "paragraphs": paragraphs_of(comment),
        "link": page_of(comment.thread, forum, f"#{comment.anchor}"),
        "may_answer": bool(reply_to) and letter.recipient[0] == "u",
    }
    headers = {"References": " ".join(_before(letter, comment)), "In-Reply-To": _before(letter, comment)[-1]}
    if given["may_answer"]:
        headers["Reply-To"] = reply_to
    sender = f"{author_of(comment)} ({forum.title})"
    return Said("comment", _("Re: %(title)s") % {"title": title_of(comment)}, sender, given, headers)


def _before(letter: Letter, comment: Comment) -> list[str]:
    """The thread, and the letter about what this comment answers, if she got one: mail programs draw a tree of it."""
    host = urlsplit(settings.DESCANT_URL).hostname
    before = [f"<thread-{comment.forum_id}-{comment.thread_id}@{host}>"]
    if comment.parent_id is not None:
        before.append(message_id(letter_id(letter.recipient, f"c{comment.parent_id}")))
    return before


def _decision(letter: Letter, forum: Forum, comment: Comment) -> Said:
    rows = Decision.objects.of(forum).filter(pk=int(letter.about[1:]))
    decision: Decision | None = rows.first()
    if decision is None:
        raise NotWanted("gone")
    sentences = {
        "approve": _("A moderator has approved your comment."),
        "restore": _("A moderator has shown your comment again."),
        "edit": _("A moderator has edited your comment."),
        "hide": _("A moderator has hidden your comment."),
        "spam": _("A moderator has called your comment spam."),
        "delete": _("A moderator has deleted your comment."),
        "uphold": _("A moderator has looked at your comment again and let the decision stand."),
    }
    given = {
        "sentence": sentences.get(decision.verdict, sentences["hide"]),
        "reason": decision.reason,
        "paragraphs": paragraphs_of(comment),
        "link": page_of(comment.thread, forum, f"#{comment.anchor}"),
        "forum": forum,
    }
    return Said("decision", _("About your comment on %(forum)s") % {"forum": forum.title}, forum.title, given)


def _digest(letter: Letter) -> Said:
    lines = lines_of_digest(letter, int(letter.recipient[1:]))
    if not lines:
        raise NotWanted("nothing new")
    return Said("digest", _("What is new for you"), given={"lines": lines})


def _headers(letter: Letter) -> dict[str, str]:
    """One click ends it (RFC 8058), and no machine answers it (RFC 3834)."""
    host = urlsplit(settings.DESCANT_URL).hostname
    return {
        "Message-ID": message_id(letter.pk),
        "List-Id": f"<{letter.kind}.{host}>",
        "List-Unsubscribe": f"<{link_to('mail/stop', letter.recipient)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def _from(name: str) -> str:
    """From our own address, whoever is named: anything else would be called a forgery."""
    known, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((text.one_line(name)[:80] or known, address))


def _forum(letter: Letter) -> Forum:
    try:
        return forum_with_id(letter.forum_id or 0)
    except UnknownForum:
        raise NotWanted("gone") from None


def _comment(letter: Letter) -> Comment:
    rows = Comment.objects.of(letter.forum_id or 0).select_related("thread").filter(pk=letter.comment_id)
    comment: Comment | None = rows.first()
    if comment is None:
        raise NotWanted("gone")
    attach([comment], "author", missing="none")
    return comment
