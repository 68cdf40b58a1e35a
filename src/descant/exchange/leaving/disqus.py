"""Writes Disqus's export: categories, threads, posts."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from descant.discussion import text
from descant.discussion.models import OF_DESCANT, TEXT_ID, WORDPRESS_ID, Comment, Thread
from descant.exchange.leaving.naming import outer_ids
from descant.exchange.leaving.walking import Page, comments, pages
from descant.exchange.leaving.wanted import Wanted
from descant.exchange.leaving.xml_text import NAMESPACE, cdata, element, exact, marked, yes_or_no
from descant.forums.models import Category, categories_of, category_with

SOURCE = "disqus"
ENDING = "xml"
STATE = Comment.State
BEGIN = f"""<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:descant="{NAMESPACE}" \
xsi:schemaLocation="http://disqus.com/api/schemas/1.0/disqus.xsd \
http://disqus.com/api/schemas/1.0/disqus-internals.xsd">
"""


def write(wanted: Wanted) -> Iterator[str]:
    """The text of the file, a chunk of rows at a time."""
    yield BEGIN + "".join(_categories(wanted))
    for chunk in wanted.reach(pages(wanted.alias, wanted.forum)):
        yield "".join(_threads(wanted, chunk))
    for posts in wanted.reach(comments(wanted.alias, wanted.forum)):
        yield "".join(_posts(wanted, posts))
    yield "</disqus>\n"


def _categories(wanted: Wanted) -> Iterator[str]:
    for each in categories_of(wanted.forum):
        yield (
            f"<{marked('category', _number(each))}>\n{element('forum', wanted.forum.name)}"
            f"{element('title', each.title)}{element('isDefault', yes_or_no(each.is_general))}</category>\n"
        )


def _number(category: Category) -> str:
    """As pages may name it."""
    return category.former or str(category.pk)


def _threads(wanted: Wanted, chunk: Iterable[Page]) -> Iterator[str]:
    keys = [page.thread.pk for page in chunk]
    ids = outer_ids(wanted.alias, wanted.forum, Thread, keys, SOURCE)
    for page in chunk:
        thread = page.thread
        category = _number(category_with(wanted.forum, thread.category_id))
        # A thread of several names stands there once for each, as Disqus writes a page that it takes for several.
        for identifier, link in page.names():
            yield (
                f"<{marked('thread', ids[thread.pk])}>\n{element('id', identifier)}"
                f"{element('forum', wanted.forum.name)}<{marked('category', category)}/>\n{element('link', link)}"
                f"{element('title', thread.title)}<message/>\n{element('createdAt', moment(thread.created_at))}"
                f"{exact(thread.created_at)}<author>\n<name/>\n<isAnonymous>true</isAnonymous>\n</author>\n"
                f"{element('isClosed', yes_or_no(not thread.takes_comments()))}"
                "<isDeleted>false</isDeleted>\n</thread>\n"
            )


def _posts(wanted: Wanted, chunk: list[Comment]) -> Iterator[str]:
    keys = [each.pk for each in chunk] + [each.parent_id for each in chunk if each.parent_id]
    ids = outer_ids(wanted.alias, wanted.forum, Comment, keys, SOURCE)
    threads = outer_ids(wanted.alias, wanted.forum, Thread, (each.thread_id for each in chunk), SOURCE)
    for each in chunk:
        parent = _reference("parent", ids[each.parent_id]) if each.parent_id else ""
        yield (
            f"{_head(each, ids[each.pk])}{_said(each)}{_author(each, wanted.personal)}"
            f"{_reference('thread', threads[each.thread_id])}{parent}</post>\n"
        )


def _head(comment: Comment, own_id: str) -> str:
    """Some posts of Disqus's have no id of their own, but one in a text."""
    if own_id.startswith(TEXT_ID):
        return f"<post>\n{element('id', own_id.removeprefix(TEXT_ID))}"
    from_wordpress = comment.source == "wordpress" and (comment.source_id or "").isdecimal()
    named = f"{WORDPRESS_ID}{comment.source_id}" if from_wordpress else ""
    return f"<{marked('post', own_id)}>\n{element('id', named)}"


def _said(comment: Comment) -> str:
    """What was deleted has no text, and nobody who said it; what moderators hide, Disqus calls deleted."""
    is_deleted = comment.state in (STATE.DELETED, STATE.HIDDEN)
    is_spam = comment.state == STATE.SPAM or comment.marked_spam
    approved = "<isApproved>false</isApproved>\n" if comment.state == STATE.WAITING else ""
    hidden = "<descant:exactState>hidden</descant:exactState>\n" if comment.state == STATE.HIDDEN else ""
    return (
        f"{cdata('message', message(comment))}{element('createdAt', moment(comment.created_at))}"
        f"{exact(comment.created_at)}{own_id(comment)}{hidden}"
        f"{element('isDeleted', yes_or_no(is_deleted))}{element('isSpam', yes_or_no(is_spam))}{approved}"
    )


def message(comment: Comment) -> str:
    return "" if comment.state == STATE.DELETED else text.shown_html(comment).strip()


def own_id(comment: Comment) -> str:
    """The number in our own links, of what was said with us, here or on another site."""
    if comment.source not in ("", OF_DESCANT):
        return ""
    return element("descant:ownId", comment.source_id or str(comment.pk))


def _author(comment: Comment, personal: bool) -> str:
    if comment.state == STATE.DELETED:
        return ""
    email = element("email", comment.author_email) if personal else ""
    username = f"<username>descant-u{comment.author_id}</username>\n" if comment.author_id else ""
    link = element("link", comment.author_url) if comment.author_url else ""
    return (
        f"<author>\n{email}{element('name', comment.shown_name)}"
        f"{element('isAnonymous', yes_or_no(comment.author_id is None))}{username}{link}</author>\n"
    )


def _reference(name: str, own_id: str) -> str:
    """A post or thread without an id of its own is meant by its text, as in Disqus's older files."""
    if own_id.startswith(TEXT_ID):
        return element(name, own_id.removeprefix(TEXT_ID))
    return f"<{marked(name, own_id)}/>\n"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
