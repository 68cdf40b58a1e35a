"""Writes WordPress's export (WXR), in the dialect that Disqus's import takes as well: items with their comments."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from descant.discussion.models import Comment, Thread
from descant.exchange.leaving.disqus import message, own_id
from descant.exchange.leaving.naming import outer_ids
from descant.exchange.leaving.walking import Page, comments_of, pages
from descant.exchange.leaving.wanted import Wanted
from descant.exchange.leaving.xml_text import NAMESPACE, cdata, element, exact
from descant.exchange.reading.wxr import without_idle_breaks

SOURCE = "wordpress"
ENDING = "wxr.xml"
BEGIN = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dsq="http://www.disqus.com/" \
xmlns:wp="http://wordpress.org/export/1.2/" xmlns:descant="{NAMESPACE}">
<channel>
"""
APPROVED = {
    Comment.State.SHOWN: "1", Comment.State.WAITING: "0", Comment.State.SPAM: "spam",
    Comment.State.DELETED: "trash", Comment.State.HIDDEN: "post-trashed",
}  # fmt: skip


def write(wanted: Wanted) -> Iterator[str]:
    """The text of the file, a chunk of rows at a time."""
    yield f"{BEGIN}{element('title', wanted.forum.title)}<wp:wxr_version>1.2</wp:wxr_version>\n"
    for chunk in pages(wanted.alias, wanted.forum):
        keys = [page.thread.pk for page in chunk]
        ids = outer_ids(wanted.alias, wanted.forum, Thread, keys, SOURCE)
        for page in chunk:
            yield from _item(wanted, page, ids[page.thread.pk])
        wanted.count(len(chunk))
    yield "</channel>\n</rss>\n"


def _item(wanted: Wanted, page: Page, post_id: str) -> Iterator[str]:
    names = list(page.names())
    yield _head(page, post_id, *names[0])
    for chunk in wanted.reach(comments_of(wanted.alias, page.thread)):
        yield "".join(_comments(wanted, chunk))
    yield "</item>\n"
    # Further names of the same page: an item has room for one identifier and one link.
    yield from (f"{_head(page, post_id, *pair)}</item>\n" for pair in names[1:])


def _head(page: Page, post_id: str, identifier: str, link: str) -> str:
    thread = page.thread
    # What is no number was the page's name, or its link, and becomes that again.
    number = element("wp:post_id", post_id) if post_id.isdecimal() else ""
    is_guid = bool(number) and identifier.startswith(f"{post_id} ")
    named = element("guid", identifier.partition(" ")[2]) if is_guid else ""
    named += element("dsq:thread_identifier", "" if is_guid else identifier)
    status = "open" if thread.takes_comments() else "closed"
    return (
        f"<item>\n{element('title', thread.title)}{element('link', link)}"
        f"{element('pubDate', format_datetime(thread.created_at.astimezone(UTC)))}<content:encoded/>\n{number}{named}"
        f"{element('wp:post_date_gmt', moment(thread.created_at))}{exact(thread.created_at)}"
        f"{element('wp:comment_status', status)}<wp:status>publish</wp:status>\n<wp:post_type>post</wp:post_type>\n"
    )


def _comments(wanted: Wanted, chunk: list[Comment]) -> Iterator[str]:
    keys = [each.pk for each in chunk] + [each.parent_id for each in chunk if each.parent_id]
    ids = outer_ids(wanted.alias, wanted.forum, Comment, keys, SOURCE)
    for each in chunk:
        parent = ids[each.parent_id] if each.parent_id else "0"
        yield f"<wp:comment>\n{_said(each, ids[each.pk], parent, wanted.personal)}</wp:comment>\n"


def _said(comment: Comment, number: str, parent: str, personal: bool) -> str:
    is_there = comment.state != Comment.State.DELETED
    approved = "spam" if comment.marked_spam and comment.is_shown else APPROVED[Comment.State(comment.state)]
    return (
        f"{element('wp:comment_id', number)}{cdata('wp:comment_author', comment.shown_name if is_there else '')}"
        f"{element('wp:comment_author_email', comment.author_email if personal and is_there else '')}"
        f"{element('wp:comment_author_url', comment.author_url if is_there else '')}<wp:comment_author_IP/>\n"
        f"{element('wp:comment_date', moment(comment.created_at))}"
        f"{element('wp:comment_date_gmt', moment(comment.created_at))}{exact(comment.created_at)}{own_id(comment)}"
        f"{cdata('wp:comment_content', _content(comment))}{element('wp:comment_approved', approved)}"
        f"<wp:comment_type>comment</wp:comment_type>\n{element('wp:comment_parent', parent)}{_disqus_id(comment)}"
    )


def _content(comment: Comment) -> str:
    """WordPress shows a bare newline as a line break; ours are blanks, or stand in code."""
    return without_idle_breaks(message(comment)).replace("\n", "&#10;")


def _disqus_id(comment: Comment) -> str:
    """As Disqus's plugin notes it, so that both exports of a comment meet."""
    if comment.source != "disqus" or not comment.source_id:
        return ""
    return (
        "<wp:commentmeta>\n<wp:meta_key>dsq_post_id</wp:meta_key>\n"
        f"{element('wp:meta_value', comment.source_id)}</wp:commentmeta>\n"
    )


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
