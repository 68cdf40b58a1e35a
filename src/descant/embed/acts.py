"""The frame's calls that write: post, edit, delete, vote, decide; each hands over to the act and shows the result."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from descant.accounts.tokens import issue_token, new_guest
from descant.discussion import text
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import decide as decide_about
from descant.discussion.deciding import set_thread_state
from descant.discussion.editing import delete_comment, edit_comment, seconds_left
from descant.discussion.judging import pacing
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.seeing import as_its_author_sees
from descant.discussion.voting import cast_vote
from descant.embed.calling import Asking, Body, answer, call, id_in, text_in
from descant.embed.drawing import draw_line, words_for
from descant.embed.refusing import BadCall
from django_headroom.replicas import known_as

KEY_LEAST = 32  # as long as a UUID: nobody else has it


@call
def post(asking: Asking, body: Body) -> HttpResponse:
    """Write a comment; a stranger becomes a guest by it, and is told her token."""
    key = text_in(body, "key")[:200]
    author = _writer(asking, body, key)
    page = page_in(body)
    mail = get_language() or "" if body.get("mail") is True else ""
    draft = Draft(text=text_in(body, "text"), parent_id=id_in(body, "parent"), key=key, mail=mail)
    comment = post_comment(forum=asking.forum, thread=page, author=author, draft=draft)
    told: dict[str, Any] = {
        "id": str(comment.pk),
        "state": as_its_author_sees(comment).state,
        "html": draw_line(replace(asking, author=author), page, comment),
        "reasons": words_for(as_its_author_sees(comment).reasons),
        "count": comment.thread.comments_shown,
        "seconds": seconds_left(comment, author),
    }
    if author.guest and not asking.author.guest:
        told["token"] = issue_token(forum_id=asking.forum.pk, guest=author.guest)
    return answer(told, status=201)


@call
def preview(asking: Asking, body: Body) -> Body:
    """What a text will look like, by the very renderer that will draw it."""
    source = text.plain(text_in(body, "text"))[: settings.DESCANT_TEXT_MAX]
    return {"html": text.render(source, Comment.Format.MARKDOWN)}


@call
def edit(asking: Asking, body: Body) -> Body:
    comment = comment_in(asking, body)
    edit_comment(forum=asking.forum, comment=comment, author=asking.author, source=text_in(body, "text"))
    return {**_changed(asking, comment), "reasons": words_for(comment.reasons)}


@call
def source(asking: Asking, body: Body) -> Body:
    """The text as its author wrote it, to edit it."""
    comment = comment_in(asking, body)
    if not seconds_left(comment, asking.author):
        raise Comment.DoesNotExist
    return {"text": comment.text}


@call
def delete(asking: Asking, body: Body) -> Body:
    comment = comment_in(asking, body)
    delete_comment(forum=asking.forum, comment=comment, author=asking.author)
    return _changed(asking, comment)


@call
def vote(asking: Asking, body: Body) -> Body:
    """Vote up (1) or down (-1), or take it back (0)."""
    value = body.get("value")
    if value not in (-1, 0, 1) or isinstance(value, bool | float):
        raise BadCall(_("A vote is 1, -1 or 0."))
    comment = comment_in(asking, body)
    cast_vote(forum=asking.forum, comment=comment, author=asking.author, value=value)
    return {"ups": comment.ups, "downs": comment.downs, "value": value}


@call
def decide(asking: Asking, body: Body) -> Body:
    """A moderator's verdict on one comment: hide, restore, approve, spam."""
    comment = comment_in(asking, body)
    decide_about(
        forum=asking.forum,
        comments=[comment],
        verdict=text_in(body, "verdict"),
        by=asking.author,
        reason=text_in(body, "reason"),
    )
    return _changed(asking, comment)


@call
def thread(asking: Asking, body: Body) -> Body:
    """Close the thread, or open it again."""
    found = find_thread(asking.forum, page_in(body))
    if found is None:
        raise Thread.DoesNotExist
    set_thread_state(forum=asking.forum, thread=found, state=text_in(body, "state"), by=asking.author)
    return {"state": found.state}


def page_in(body: Body) -> PageAddress:
    """What a call says of its page."""
    page = body.get("thread")
    if not isinstance(page, dict):
        raise BadCall(_("The page names no thread: give an identifier or a URL."))
    return PageAddress(*(text_in(page, name) for name in ("identifier", "url", "title", "category")))


def page_of(found: Thread) -> PageAddress:
    """A thread's own page, for links within the frame."""
    return PageAddress(url=found.url)


def comment_in(asking: Asking, body: Body) -> Comment:
    """The comment that a call is about, of this forum and no other."""
    found: Comment = (
        Comment.objects.of(asking.forum).select_related("thread").get(pk=id_in(body, "comment") or 0)
    )
    return found


def _changed(asking: Asking, comment: Comment) -> Body:
    line = draw_line(asking, page_of(comment.thread), comment)
    return {"html": line, "state": comment.state, "count": comment.thread.comments_shown}


def _writer(asking: Asking, body: Body, key: str) -> Author:
    """The author with the name a guest gave. A stranger's guest id follows from her key: a retry is the same guest."""
    if asking.author.user is not None:
        return asking.author
    made = pacing.keyed(f"guest/{key}")[:32] if len(key) >= KEY_LEAST else new_guest()
    writer = replace(
        asking.author,
        guest=asking.author.guest or made,
        name=text_in(body, "name"),
        email=text_in(body, "email"),
    )
    known_as(writer.voter)
    return writer
