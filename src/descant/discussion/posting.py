"""Posting a comment."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.utils.translation import gettext as _

from descant.discussion import signals, text
from descant.discussion.addressing import lately
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.judging import origins, pacing, screening
from descant.discussion.judging.naming import check_guest_name
from descant.discussion.models import Comment, Receipt, Thread
from descant.discussion.tree import counting
from descant.discussion.tree.paths import level_of, path_below
from descant.forums.models import Forum
from descant.switches import check_writable, is_on
from django_headroom import ids
from django_headroom.joins import attach
from django_headroom.transactions import alias_of
from django_headroom.updates.chains import Chain


class Refused(Exception):
    """A comment that cannot be taken; the message says why and what to do."""

    code = "refused"


class ThreadClosed(Refused):
    code = "closed"


class ThreadMoved(ThreadClosed):
    code = "moved"


class NoText(Refused):
    code = "no_text"


class TooLong(Refused):
    code = "too_long"


class NoParent(Refused):
    code = "no_parent"


class SignInFirst(Refused):
    code = "sign_in"


class KeyReused(Refused):
    code = "key_reused"


class ModeratorsOnly(Refused):
    code = "moderators_only"


@dataclass(frozen=True)
class Draft:
    """What is to be said, and in answer to which comment; ``key`` is the idempotency key of the request.

    ``mail`` is the language in which a guest would like to hear of replies by mail; empty if she would not.
    Moderators may say when it was said, and in which state it is to be: then nothing judges it, and no pace is kept.
    """

    text: str
    parent_id: int | None = None
    key: str = ""
    mail: str = ""
    state: str = ""
    said_at: datetime | None = None


def post_comment(*, forum: Forum, thread: Thread | PageAddress, author: Author, draft: Draft) -> Comment:
    """Write a comment down, once for each idempotency key.

    Args:
        thread: where; of a page that nobody has written on the thread is made, once the comment is found good.

    Returns:
        The comment with its author, shown or waiting as its ``state`` says; the one written before if the key was used
        before.

    Raises:
        Refused, SwitchedOff, pacing.TooFast, barring.Banned
    """
    source = _check(forum, author, draft)
    verdict = (
        screening.Verdict(draft.state)
        if draft.state
        else screening.screen(forum=forum, author=author, text=source)
    )
    if isinstance(thread, PageAddress):
        thread = make_thread(forum, thread, by=author.address)
    try:
        comment = _compose(forum, thread, author, draft, verdict)
        comment.text, comment.html = source, text.render(source, Comment.Format.MARKDOWN)
        comment.html_version = text.RULES_VERSION
        limits = _limits(forum, author)
        if not _write(comment, author, draft, limits):
            raise _reason(comment.thread, limits)
    except ThreadMoved:
        target = Thread.objects.of(forum).get(pk=thread.pk).merged_into
        return post_comment(forum=forum, thread=target, author=author, draft=draft)
    except (IntegrityError, Refused, pacing.TooFast):
        kept = _kept(thread, author, draft)
        if kept is None:
            raise
        return kept
    return comment


def _check(forum: Forum, author: Author, draft: Draft) -> str:
    check_writable(forum.name)
    if (draft.state or draft.said_at) and not author.moderates:
        raise ModeratorsOnly(_("Only moderators say when a comment was written, and in which state it is."))
    if author.user is None:
        if not forum.guests_may_post:
            raise SignInFirst(
                _("This forum takes comments from people who have signed in: sign in, then send it.")
            )
        if not is_on("guest_posting", actor=author.actor, forum=forum.name):
            raise SignInFirst(_("Guests cannot write just now: sign in, then send it."))
        check_guest_name(author.name)
    source = text.plain(draft.text).strip()
    if not source:
        raise NoText(_("There is nothing to send yet: write something first."))
    if len(source) > settings.DESCANT_TEXT_MAX:
        raise TooLong(
            _("The comment has %(length)s characters, %(most)s are allowed: shorten it.")
            % {"length": len(source), "most": settings.DESCANT_TEXT_MAX}
        )
    return source


def _compose(
    forum: Forum, thread: Thread, author: Author, draft: Draft, verdict: screening.Verdict
) -> Comment:
    """The comment at its place in the tree, signed."""
    alias = alias_of(forum)
    parent = _parent(alias, thread, draft.parent_id)
    comment = Comment(pk=ids.next_id(alias, Comment), forum_id=forum.pk, thread=thread, parent=parent)
    comment.created_at = draft.said_at or comment.created_at
    comment.state, comment.reasons = verdict.state, verdict.reasons
    comment.needs_look = verdict.needs_look
    comment.drawn = comment.is_shown
    comment.path = path_below(parent.path if parent else b"", comment.created_at, comment.pk)
    comment.level = level_of(comment.path)
    _sign(comment, author)
    return comment


def _limits(forum: Forum, author: Author) -> Sequence[pacing.Limit]:
    per_minute = settings.DESCANT_COMMENTS_PER_MINUTE
    if author.moderates or not per_minute:
        return ()
    subjects = filter(None, (author.user and f"u{author.user.pk}", author.address))
    return [pacing.Limit(forum, f"post/{subject}", per_minute) for subject in subjects]


def _write(comment: Comment, author: Author, draft: Draft, limits: Sequence[pacing.Limit]) -> bool:
    """All that a post writes; the thread's row comes first, so that versions are in the order of the commits.

    A comment that waits raises nothing.
    """
    shown = int(comment.is_shown)
    when, by = {"state": Thread.State.OPEN}, {"version": shown, "comments_shown": shown}
    chain = Chain(alias_of(comment.thread), head=comment.thread, when=when, by=by)
    for limit in limits:
        chain.guard(*limit.counting())
    if shown:
        counting.count_reply(chain, comment)
    chain.insert(comment, **({"version": "version"} if shown else {}))
    if (
        draft.key
    ):  # after its comment: of equal requests at once the others fail here, and get the first one's answer
        chain.insert(_receipt(author, draft, comment))
    chain.insert(signals.comment_posted.event(**signals.told(comment)))
    if draft.mail and comment.author_email:
        chain.insert(signals.reply_wanted.event(**signals.told(comment), mail=draft.mail))
    if screening.UNJUDGED in comment.reasons:
        chain.insert(signals.comment_unjudged.event(**signals.told(comment), address=author.address))
    is_written = chain.run()
    if is_written and shown:
        counting.say_stamped(comment.thread)
    return is_written


def _reason(thread: Thread, limits: Sequence[pacing.Limit]) -> Exception:
    """Why nothing was written."""
    held = Thread.objects.of(thread.forum_id).filter(pk=thread.pk).first()
    if held is None or not held.takes_comments():
        lately.forget()
    if held is not None and held.state == Thread.State.MERGED:
        return ThreadMoved(_("This thread has become part of another: open the page again."))
    if held is None:
        return Thread.DoesNotExist(_("This thread is gone: open the page again."))
    if not held.takes_comments():
        return ThreadClosed(_("This thread is closed: it takes no more comments."))
    return pacing.TooFast(max([1, *(limit.seconds_left() for limit in limits)]))


def _parent(alias: str, thread: Thread, parent_id: int | None) -> Comment | None:
    if parent_id is None:
        return None
    parent: Comment | None = Comment.objects.using(alias).filter(pk=parent_id, thread=thread).first()
    if parent is None or parent.state in (Comment.State.WAITING, Comment.State.SPAM):
        raise NoParent(_("The comment you reply to is not in this thread any more: send yours without it."))
    return parent


def _sign(comment: Comment, author: Author) -> None:
    comment.origin, comment.origin_range = origins.origin_of(author.address), origins.range_of(author.address)
    comment.author = author.user
    comment.guest = author.guest if author.user is None else ""
    comment.author_name = (str(author.user) if author.user else text.one_line(author.name))[:80]
    if author.user is None:
        comment.author_email = _mailbox(author.email)
        comment.author_url = author.url[:500] if author.url.startswith(("https://", "http://")) else ""


def _mailbox(written: str) -> str:
    """A guest's e-mail address if it is one; whatever else was sent is not kept."""
    try:
        validate_email(written)
    except ValidationError:
        return ""
    return written[:254]


def _receipt(author: Author, draft: Draft, comment: Comment) -> Receipt:
    receipt = Receipt(pk=comment.pk, comment_id=comment.pk, key=_key(author, draft))
    receipt.forum_id, receipt.request = comment.forum_id, _request(comment.thread_id, author, draft)
    return receipt


def _kept(thread: Thread, author: Author, draft: Draft) -> Comment | None:
    """The comment that was written for this key before."""
    if not draft.key:
        return None
    receipt = Receipt.objects.of(thread.forum_id).filter(key=_key(author, draft)).first()
    if receipt is None:
        return None
    comment: Comment = Comment.objects.of(thread.forum_id).select_related("thread").get(pk=receipt.comment_id)
    asked_of = [thread.pk] if comment.thread_id != thread.pk else _merged_into(thread)
    if receipt.request not in (_request(pk, author, draft) for pk in asked_of):
        raise KeyReused(
            _("This Idempotency-Key was used for another comment: make a new key for each comment.")
        )
    attach([comment], "author")
    return comment


def _key(author: Author, draft: Draft) -> str:
    """Keys belong to the account or address that sent them: nobody can ask for a stranger's answer."""
    asker = f"u{author.user.pk}" if author.user else author.guest or author.address
    return hashlib.sha256(f"{asker}\n{draft.key}".encode()).hexdigest()


def _merged_into(thread: Thread) -> list[int]:
    """The thread, and those that are part of it by now: who asks again was answered by one of these."""
    rows, found, last = Thread.objects.of(thread.forum_id), [thread.pk], [thread.pk]
    while last := list(rows.filter(merged_into__in=last).values_list("pk", flat=True)):
        found += last
    return found


def _request(thread_id: int, author: Author, draft: Draft) -> str:
    placed = f"{draft.state}\n{draft.said_at}\n" if draft.state or draft.said_at else ""
    said = f"{thread_id}\n{draft.parent_id}\n{author.name}\n{author.email}\n{placed}{draft.text}"
    return hashlib.sha256(said.encode()).hexdigest()
