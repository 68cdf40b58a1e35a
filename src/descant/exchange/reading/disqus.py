"""Reads a Disqus XML export."""

from collections.abc import Iterator

from descant.discussion.models import OF_DESCANT, TEXT_ID, WORDPRESS_ID
from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.reading.xml_stream import Row, Shape, read_rows
from descant.exchange.stream import (
    COMMENT,
    THREAD,
    CategoryRead,
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

SOURCE = "disqus"

AUTHOR: Shape = {"name": None, "email": None, "link": None, "username": None}
SHAPE: Shape = {
    "disqus": {
        "*category": {"forum": None, "title": None, "isDefault": None},
        "*thread": {
            "id": None, "forum": None, "category": None, "link": None, "title": None,
            "createdAt": None, "exactTime": None, "isClosed": None, "isDeleted": None,
        },
        "*post": {
            "id": None, "message": None, "createdAt": None, "thread": None, "parent": None, "author": AUTHOR,
            "isDeleted": None, "isSpam": None, "isApproved": None, "exactTime": None, "exactState": None, "ownId": None,
        },
    }
}  # fmt: skip
MOST_CATEGORIES = 10_000


def read(file: Unpacked, choices: Choices) -> Iterator[Read]:
    """Yields categories, threads and posts as they stand in the file; a thread may name its forum by its category."""
    forums: dict[str, str] = {}
    for row in read_rows(file, SHAPE):
        if row.kind == "post":
            yield _post(row)
        elif row.kind == "thread":
            yield _thread(row, forums)
        elif len(forums) < MOST_CATEGORIES:
            forums[row.fields.get("@id", "")] = row.fields.get("forum", "")
            yield _category(row)


def _category(row: Row) -> CategoryRead:
    get = row.fields.get
    own_id = get("@id", "")
    return CategoryRead(
        name=own_id,
        title=get("title", ""),
        line=row.line,
        forum=get("forum", ""),
        former=own_id,
        is_general=_is_true(get("isDefault")),
    )


def _thread(row: Row, forums: dict[str, str]) -> ThreadRead | SkippedRow:
    get = row.fields.get
    own_id, identifier, link = get("@id", ""), get("id", ""), get("link", "")
    if not (own_id or identifier or link):
        return SkippedRow(row.line, "it has no id, no identifier and no link", THREAD)
    removed = _is_true(get("isDeleted"))
    return ThreadRead(
        source=SOURCE,
        source_id=own_id or _text_name(identifier) or link,
        names=tuple(name for name in (own_id, _text_name(identifier)) if name),
        line=row.line,
        forum=get("forum", "") or forums.get(get("category@id", ""), ""),
        identifiers=(identifier,) if identifier else (),
        urls=(link,) if web_address(link) else (),
        title=get("title", ""),
        closed=removed or _is_true(get("isClosed")),
        removed=removed,
        created_at=read_time(get("exactTime", "")) or read_time(get("createdAt", "")),
        category=get("category@id", ""),
    )


def _post(row: Row) -> CommentRead | SkippedRow:
    get = row.fields.get
    own_id, text_id = get("@id", ""), get("id", "")
    wordpress_id = text_id.removeprefix(WORDPRESS_ID)
    thread = _names(get("thread@id", ""), get("thread", ""))
    if not thread:
        return SkippedRow(row.line, "it names no thread", COMMENT)
    if row.too_long:
        return SkippedRow(row.line, f"its {row.too_long} is longer than an import keeps", COMMENT)
    if not (own_id or text_id):
        return SkippedRow(row.line, "it has no id to know it by again", COMMENT)
    is_ours = is_number_of_ours(get("ownId", ""))
    return CommentRead(
        source=OF_DESCANT if is_ours else SOURCE,
        # Never the bare text: another post, here or in a later file, may bear it as its own id.
        source_id=get("ownId", "") if is_ours else own_id or _text_name(text_id),
        names=tuple(name for name in (own_id, _text_name(text_id)) if name),
        elsewhere=("wordpress", wordpress_id) if wordpress_id != text_id else None,
        thread=thread,
        parent=_names(get("parent@id", ""), get("parent", "")),
        line=row.line,
        author_name=get("author/name", "") or get("author/username", ""),
        author_email=get("author/email", ""),
        author_url=web_address(get("author/link", "")),
        text=get("message", ""),
        state=_state(row),
        marked_spam=_is_true(get("isSpam")),
        created_at=read_time(get("exactTime", "")) or read_time(get("createdAt", "")),
    )


def _state(row: Row) -> State:
    get = row.fields.get
    if _is_true(get("isDeleted")):
        return "hidden" if get("exactState") == "hidden" else "deleted"
    if _is_true(get("isSpam")):
        return "spam"
    return "waiting" if get("isApproved") in ("false", "0") else "shown"


def _names(own_id: str, text: str) -> tuple[str, ...]:
    """What a reference may mean: the Disqus id where it bears one, else the text, which older files use."""
    if own_id:
        return (own_id,)
    return (_text_name(text), text) if text else ()


def _text_name(text: str) -> str:
    return f"{TEXT_ID}{text}" if text else ""


def _is_true(text: str | None) -> bool:
    return text in ("true", "1")
