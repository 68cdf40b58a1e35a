"""What a forum says, without the numbers that are a place's own: equal before and after it has moved."""

from typing import Any

from descant.discussion import text
from descant.discussion.addressing.addresses import digest
from descant.discussion.authors import attach_names
from descant.discussion.models import OF_DESCANT, Comment, Thread, ThreadAddress
from descant.exchange.reading.wxr import without_idle_breaks
from descant.forums.models import Forum

STATE = Comment.State


def told(forum: Forum) -> dict[str, Any]:
    """Threads by their addresses, and of each comment what it says, under the number that links call it by."""
    addresses: dict[int, list[str]] = {}
    for address in ThreadAddress.objects.of(forum):
        addresses.setdefault(address.thread_id, []).append(address.digest)
    threads = {
        each.pk: (
            each.title,
            own_url(each, addresses),
            each.state,
            each.created_at,
            tuple(sorted(addresses.get(each.pk, ()))),
        )
        for each in Thread.objects.of(forum)
        if each.state != Thread.State.MERGED
    }
    comments = list(Comment.objects.of(forum).order_by("path"))
    attach_names(comments)
    names = {each.pk: link_of(each) for each in comments}
    assert len(set(names.values())) == len(names)
    return {
        "threads": sorted(threads.values()),
        "comments": {names[each.pk]: (threads[each.thread_id], *facts(each, names)) for each in comments},
        # What a page shows of each thread, from the top.
        "order": {
            told: [names[each.pk] for each in comments if each.thread_id == pk and each.drawn]
            for pk, told in threads.items()
        },
    }


def facts(comment: Comment, names: dict[int, str]) -> tuple[Any, ...]:
    return (
        comment.state,
        comment.created_at,
        names.get(comment.parent_id or 0),
        said(comment),
        comment.level,
        comment.replies,
        comment.drawn,
        comment.marked_spam or comment.state == STATE.SPAM,
    )


def said(comment: Comment) -> tuple[str, str, str] | None:
    """Nothing, if it was deleted. Newlines that show nothing do not count, nor how a parser mends crossed tags."""
    if comment.state == STATE.DELETED:
        return None
    html = without_idle_breaks(text.sanitise(text.shown_html(comment)).strip())
    return html.strip(), comment.shown_name, comment.author_url


def own_url(thread: Thread, addresses: dict[int, list[str]]) -> str:
    """Where no other thread has it: a page that names itself may still say another's."""
    return thread.url if digest("url", thread.url) in addresses.get(thread.pk, ()) else ""


def link_of(comment: Comment) -> str:
    if comment.source not in ("", OF_DESCANT):
        return f"comment-{comment.source_id}"
    return f"descant-{comment.source_id or comment.pk}"


def assert_same(after: dict[str, Any], before: dict[str, Any]) -> None:
    """Comment by comment first, so that a failure names the one."""
    assert after["comments"].keys() == before["comments"].keys()
    for name, each in before["comments"].items():
        assert after["comments"][name] == each, (name, *zip(after["comments"][name], each, strict=True))
    assert after == before
