"""Threads closed and opened again, called otherwise, and a comment pinned to the top of its thread."""

from typing import Any

from django.utils.translation import gettext as _

from descant.discussion import text
from descant.discussion.addressing import lately
from descant.discussion.addressing.addresses import PageAddress, digest
from descant.discussion.addressing.finding import add_address, kept_category, leads_to
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.deciding.comments import NoSuchVerdict, write_about_thread
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.posting import Refused
from descant.discussion.tree import counting
from descant.forums.domains import check_page
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim


class CannotRename(Refused):
    code = "cannot_rename"


_VERDICTS = {Thread.State.OPEN: "reopen", Thread.State.CLOSED: "close"}


def set_thread_state(*, forum: Forum, thread: Thread, state: str, by: Author, reason: str = "") -> Thread:
    """Close a thread, or open it again.

    Raises:
        NotAModerator, NoSuchVerdict, SwitchedOff
    """
    check_may(by, "threads", forum)
    if state not in _VERDICTS:
        raise NoSuchVerdict(_("A thread is open or closed."))
    with writing(forum) as alias:
        counting.lock(thread)
        before = str(thread.state)
        if before in _VERDICTS and before != state and claim(thread, when={"state": before}, state=state):
            counting.stamp(thread)
            verdict = _VERDICTS[Thread.State(state)]
            write_about_thread(
                alias, thread, by, verdict=verdict, before=before, after=state, reason=reason[:500]
            )
    return thread


def rename_thread(*, forum: Forum, thread: Thread, page: PageAddress, by: Author, reason: str = "") -> Thread:
    """Give a thread another title, address or category, or one more identifier; by its old names it is still found.

    Args:
        page: what is empty in it stays as it is.

    Raises:
        NotAModerator, NoAddress, PageOutside, CannotRename: the address leads to another thread.
    """
    check_may(by, "threads", forum)
    if page.url:
        check_page(forum, page.url)
    names = {"title": text.one_line(page.title)[:500], "url": page.url}
    columns: dict[str, Any] = {column: value for column, value in names.items() if value}
    if page.category:
        columns["category_id"] = kept_category(forum, page.category)
    with writing(forum) as alias:
        counting.lock(thread)
        added = _lead_here(thread, page)
        before = {column: getattr(thread, column) for column in columns}
        if before != columns and claim(thread, when=before, **columns):
            counting.stamp(thread)
        elif not added:
            return thread
        kept = {"names": before, "now": columns, "added": added}
        states = {"before": thread.state, "after": thread.state}
        write_about_thread(alias, thread, by, verdict="rename", kept=kept, reason=reason[:500], **states)
    lately.forget()
    return thread


def _lead_here(thread: Thread, page: PageAddress) -> list[str]:
    """The digests of the addresses that were added. Raises: CannotRename."""
    added = []
    for kind, value in ((ThreadAddress.Kind.IDENTIFIER, page.identifier), (ThreadAddress.Kind.URL, page.url)):
        if not value:
            continue
        if add_address(thread, kind, value):
            added.append(digest(kind, value))
        elif not leads_to(thread, kind, value):
            raise CannotRename(_("Another thread is found by %(name)s: merge the two.") % {"name": value})
    return added


def pin_comment(*, forum: Forum, thread: Thread, comment: Comment | None, by: Author) -> Thread:
    """Show a comment first in its thread, in the place of the one that was; None shows none.

    Raises:
        SwitchedOff, NotAModerator
        NoSuchVerdict: the comment is not shown in this thread.
    """
    check_may(by, "threads", forum)
    if comment is not None and (comment.thread_id != thread.pk or not comment.is_shown):
        raise NoSuchVerdict(_("Only a comment that is shown in this thread can be pinned to its top."))
    with writing(forum) as alias:
        counting.lock(thread)
        before, after = thread.pinned_id, comment.pk if comment else None
        if before != after and claim(thread, when={"pinned": before}, pinned_id=after):
            counting.stamp(thread)
            write_about_thread(
                alias,
                thread,
                by,
                verdict="pin" if comment else "unpin",
                before=thread.state,
                after=thread.state,
                kept={"pinned": before, "now": after},
            )
    return thread
