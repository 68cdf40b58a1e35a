"""Reads a WordPress export (WXR), and Disqus's custom import format, which is a dialect of it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from descant.discussion.models import OF_DESCANT
from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.reading.xml_stream import Row, Shape, read_rows
from descant.exchange.stream import (
    COMMENT,
    THREAD,
    Choices,
    CommentRead,
    Read,
    SkippedRow,
    State,
    ThreadRead,
    is_number_of_ours,
    read_time,
    web_address,
)

SOURCE = "wordpress"

SHAPE: Shape = {
    "rss": {
        "channel": {
            "*item": {
                "title": None, "link": None, "guid": None, "pubDate": None, "thread_identifier": None,
                "exactTime": None, "post_id": None, "post_date_gmt": None,
                "comment_status": None, "status": None, "post_type": None,
                "*comment": {
                    "comment_id": None, "comment_author": None, "comment_author_email": None,
                    "comment_author_url": None, "comment_date": None, "comment_date_gmt": None,
                    "exactTime": None, "ownId": None, "comment_content": None,
                    "comment_approved": None, "comment_type": None, "comment_parent": None,
                    "*commentmeta": {"meta_key": None, "meta_value": None},
                },
            }
        }
    }
}  # fmt: skip
APPROVED: dict[str, State] = {
    "1": "shown", "approve": "shown", "": "shown", "spam": "spam", "trash": "deleted", "post-trashed": "hidden",
}  # fmt: skip
PINGS = ("pingback", "trackback")
PUBLIC = ("publish", "inherit", "closed", "")
NO_PAGES = ("nav_menu_item", "revision", "attachment")


def read(file: Unpacked, choices: Choices) -> Iterator[Read]:
    """Yields items as threads and their comments, the comments of an item before the item itself."""
    for row in read_rows(file, SHAPE):
        if row.kind == "commentmeta":
            _keep_synced_id(row)
        elif row.kind == "comment":
            yield _comment(row, choices.pingbacks)
        else:
            yield _item(row)


def _keep_synced_id(meta: Row) -> None:
    """Disqus's plugin notes on a comment the id that the same comment has at Disqus."""
    if meta.inside is not None and meta.fields.get("meta_key") == "dsq_post_id":
        meta.inside.fields["dsq_post_id"] = meta.fields.get("meta_value", "")


def _item(row: Row) -> ThreadRead | SkippedRow:
    get = row.fields.get
    own_id, link, guid, kind = get("post_id", ""), get("link", ""), get("guid", ""), get("post_type", "")
    identifiers = [get("thread_identifier", "")]
    if own_id and guid:
        # What the Disqus plugin of WordPress calls a page, letter by letter.
        identifiers.append(f"{own_id} {guid}")
    public = get("status", "") in PUBLIC
    source_id = own_id or identifiers[0] or link or guid
    if not source_id:
        return SkippedRow(row.line, "it has no id, no identifier and no link", THREAD)
    if "has_comments" not in row.fields and (kind in NO_PAGES or not public):
        reason = f"{kind} without comments" if kind in NO_PAGES else "not published, and without comments"
        return SkippedRow(row.line, reason, THREAD)
    return ThreadRead(
        source=SOURCE,
        source_id=source_id,
        names=(_item_name(row),),
        line=row.line,
        identifiers=tuple(dict.fromkeys(name for name in identifiers if name)),
        # Not the guid: copied posts keep the guid of the post they were copied from.
        urls=(link,) if web_address(link) else (),
        title=get("title", ""),
        closed=get("comment_status", "") == "closed" or not public,
        removed=not public,
        created_at=read_time(get("exactTime", ""))
        or _time(get("post_date_gmt", ""))
        or _mail_time(get("pubDate", "")),
    )


def _comment(row: Row, pingbacks: bool) -> CommentRead | SkippedRow:
    get = row.fields.get
    own_id, synced, parent = get("comment_id", ""), get("dsq_post_id", ""), get("comment_parent", "")
    if row.inside is None or not (own_id or synced):
        return SkippedRow(row.line, "it has no id to know it by again", COMMENT)
    row.inside.fields["has_comments"] = "yes"
    if get("comment_type", "") in PINGS and not pingbacks:
        return SkippedRow(row.line, f"{get('comment_type')}, not a comment", COMMENT)
    if row.too_long:
        return SkippedRow(row.line, "its text is longer than an import keeps", COMMENT)
    approved = get("comment_approved", "")
    # Both exports of one comment must meet: under the Disqus id, which readers' links bear.
    source, source_id = ("disqus", synced) if synced else (SOURCE, own_id)
    if is_number_of_ours(get("ownId", "")):
        source, source_id = OF_DESCANT, get("ownId", "")
    return CommentRead(
        source=source,
        source_id=source_id,
        names=(own_id,) if own_id else (),
        elsewhere=(SOURCE, own_id) if source == "disqus" and own_id else None,
        thread=(_item_name(row.inside),),
        parent=(parent,) if parent not in ("", "0") else (),
        line=row.line,
        author_name=get("comment_author", ""),
        author_email=get("comment_author_email", ""),
        author_url=web_address(get("comment_author_url", "")),
        text=break_lines(get("comment_content", "")),
        state=APPROVED.get(approved, "waiting"),
        marked_spam=approved == "spam",
        created_at=read_time(get("exactTime", ""))
        or _time(get("comment_date_gmt", ""))
        or _time(get("comment_date", "")),
    )


_BLOCK = r"</?(?:p|pre|blockquote|ul|ol|li|div|table|tr|td|th|h[1-6]|hr|br)(?:\s[^<>]*)?/?>"
_BY_A_BLOCK = re.compile(rf"({_BLOCK})\n+", re.IGNORECASE)
_BEFORE_A_BLOCK = re.compile(rf"(?<!\n)\n+(?={_BLOCK})", re.IGNORECASE)


def break_lines(text: str) -> str:
    """WordPress shows a bare newline as a line break; next to a block there is none to show."""
    return without_idle_breaks(text.replace("\r\n", "\n")).replace("\n", "<br>")


def without_idle_breaks(html: str) -> str:
    """HTML without the newlines by a block, where they show nothing."""
    return _BEFORE_A_BLOCK.sub("", _BY_A_BLOCK.sub(r"\1", html))


def _item_name(item: Row) -> str:
    return f"item {item.number}"


def _time(text: str) -> datetime | None:
    return None if text.startswith("0000") else read_time(text)


def _mail_time(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
