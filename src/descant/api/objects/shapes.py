"""The shapes of what is told, field by field, as Disqus's API 3.0 has them; OpenAPI is made of them.

Ids are strings, a parent is a number, and times are naive UTC.
"""

from typing import Annotated, Any, NotRequired, TypedDict


class Avatar(TypedDict):
    """A person's picture; none is ever asked of a third party."""

    permalink: str
    cache: str


class Author(TypedDict):
    """Who wrote a comment. Never an e-mail address, nor a hash of one."""

    name: Annotated[str, "The name to show."]
    url: Annotated[str, "The web address that was given; empty if none was."]
    profileUrl: Annotated[str, "Of her page here; empty if there is none."]
    isAnonymous: Annotated[bool, "Whether she has no account: she is a guest."]
    avatar: Avatar
    id: NotRequired[Annotated[str, "Of accounts only."]]
    username: NotRequired[Annotated[str, "Of accounts only."]]


class Thread(TypedDict):
    """The discussion of one page."""

    id: str
    forum: Annotated[Any, "The forum's name; the whole forum with `related=forum`."]
    category: Annotated[Any, "The category's id, or null; the whole category with `related=category`."]
    author: Annotated[str | None, "Always null: pages begin threads here."]
    title: str
    clean_title: str
    message: Annotated[str, "Always empty."]
    link: Annotated[str, "The page's address."]
    slug: str
    identifiers: Annotated[list[str], "The page's own names for it."]
    createdAt: Annotated[str, "`2008-06-10T02:31:43`, in UTC."]
    posts: Annotated[int, "How many comments are shown."]
    likes: int
    dislikes: int
    reactions: int
    userScore: int
    isClosed: bool
    isDeleted: bool
    version: Annotated[int, "Rises with every change that readers see."]


class Post(TypedDict):
    """A comment."""

    id: str
    forum: Annotated[Any, "The forum's name; the whole forum with `related=forum`."]
    thread: Annotated[Any, "The thread's id; the whole thread with `related=thread`."]
    parent: Annotated[int | None, "The id it answers, as a number, or null."]
    message: Annotated[str, "HTML, made safe."]
    raw_message: Annotated[str, "As it was written; of imported comments the safe HTML."]
    createdAt: Annotated[str, "`2008-06-10T02:31:43`, in UTC."]
    points: Annotated[int, "Votes up less votes down."]
    likes: int
    dislikes: int
    isApproved: Annotated[bool, "Whether everybody may read it."]
    isSpam: bool
    isDeleted: bool
    isFlagged: bool
    isEdited: bool
    isHighlighted: Annotated[bool, "Whether it is pinned to the top of its thread."]
    isJuliaFlagged: Annotated[bool, "Always false."]
    media: Annotated[list[Any], "Always empty."]
    url: Annotated[str, "Its address on the page."]
    author: Author | None
