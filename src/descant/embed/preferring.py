"""What a reader prefers, said in the frame: whom she blocks, and in which order she reads."""

from django.utils.translation import gettext as _

from descant.accounts.models import User
from descant.accounts.preferring import BadChoice, block_person, keep_preferences, unblock_person
from descant.discussion import text
from descant.discussion.addressing.finding import find_thread
from descant.discussion.judging.origins import mailbox_of
from descant.discussion.judging.pacing import keyed
from descant.discussion.models import Comment, Thread
from descant.discussion.reading import ORDERS
from descant.discussion.seeing import may_see
from descant.embed.acts import comment_in, page_in
from descant.embed.calling import Asking, Body, call, text_in
from descant.embed.refusing import BadCall
from descant.followups.following import TooManyFollows, follow_thread, unfollow
from descant.switches import is_on
from django_headroom.joins import attach

MARKED_BY = ("forum_id", "author_id", "guest", "source", "author_email", "author_name")


@call
def block(asking: Asking, body: Body) -> Body:
    """Block who wrote a comment, or with ``blocked: false`` read her again."""
    user = _account(asking)
    comment = comment_in(asking, body)
    if not may_see(comment, asking.author):
        raise Comment.DoesNotExist
    whom = author_mark(comment)
    if body.get("blocked") is False:
        unblock_person(user=user, whom=whom)
        return {}
    if not whom:
        raise BadCall(_("Nobody knows any more who wrote this, so it cannot be blocked."))
    attach([comment], "author", missing="none")
    try:
        block_person(user=user, whom=whom, shown=text.one_line(comment.shown_name)[:80])
    except BadChoice as refused:
        raise BadCall(str(refused)) from refused
    return {}


@call
def prefer(asking: Asking, body: Body) -> Body:
    """Read in this order from now on, on every site."""
    user, order = _account(asking), text_in(body, "order")
    if order not in ORDERS:
        raise BadCall(_("There is no such order."))
    keep_preferences(user=user, order=order)
    return {}


@call
def follow(asking: Asking, body: Body) -> Body:
    """Hear of what is said in this thread from now on, or with ``follows: false`` no more."""
    user = _account(asking)
    thread = find_thread(asking.forum, page_in(body))
    if thread is None:
        raise Thread.DoesNotExist
    if body.get("follows") is False:
        unfollow(follower=f"u{user.pk}", what=f"t{thread.pk}")
        return {"follows": False}
    try:
        follow_thread(user=user, thread=thread)
    except TooManyFollows:
        raise BadCall(_("You follow as much as can be: end something on the page of your notices.")) from None
    return {"follows": True}


def labs_of(asking: Asking) -> Body:
    """What she tries here, where the forum allows it, with the words that it needs; no query is made."""
    forum, actor = asking.forum, asking.author.actor
    return {
        name: words()
        for name, words in _LABS.items()
        if is_on(name, actor=actor, may_choose=forum.has_labs, forum=forum.name)
    }


def _keys() -> Body:
    return {
        "title": _("Keys"),
        "j": _("next comment"),
        "k": _("the one before"),
        "r": _("reply"),
        "u": _("vote up"),
        "f": _("fold or unfold the replies"),
        "?": _("show or hide this list"),
    }


_LABS = {"keys": _keys}


def author_mark(comment: Comment) -> str:
    """How blocks name an author, accounts and guests as votes do; empty if nothing is known of her.

    Who came with an import is known by her e-mail address, or else by the name that she has signed with on this forum:
    she writes here no more, so nobody can step into it.
    """
    if comment.author_id:
        return f"u{comment.author_id}"
    if comment.guest or not comment.source:
        return f"g{comment.guest}" if comment.guest else ""
    if comment.author_email:
        return f"i{mailbox_of(comment.author_email)}"
    return f"i{keyed(f'arrived/{comment.forum_id}/{comment.source}/{comment.author_name}')}"


def _account(asking: Asking) -> User:
    if asking.author.user is None:
        raise BadCall(_("Sign in to have this kept."), code="sign_in", status=403)
    return asking.author.user
