"""What is told of what was done, field by field."""

from typing import Annotated, NotRequired, TypedDict

from descant.api.objects.shapes import Post, Thread


class Decided(TypedDict):
    """What became of a comment."""

    id: str
    changed: Annotated[
        bool, "Whether this call has changed it; not where it was so already, or may not become so."
    ]
    isApproved: bool
    isSpam: bool
    isDeleted: bool
    isHighlighted: bool


class Closed(TypedDict):
    """What became of a thread."""

    id: str
    changed: Annotated[bool, "Whether this call has changed it."]
    isClosed: Annotated[bool, "Whether it takes no comments."]
    isDeleted: Annotated[bool, "Whether it was removed."]


class Voted(TypedDict):
    """What a vote has changed."""

    vote: int
    likesDelta: int
    dislikesDelta: int
    delta: int
    post: Post


class VotedOnThread(TypedDict):
    """What a vote on a thread has changed."""

    vote: int
    likesDelta: int
    dislikesDelta: int
    delta: int
    thread: Thread


class Named(TypedDict):
    """Somebody who was named a moderator, or is one no more."""

    id: Annotated[str, "Of her role; empty of who is invited."]
    user: Annotated[str, "Her own id; empty of who is invited."]
    name: Annotated[str, "How others read her; the address of who is invited."]
    invited: NotRequired[Annotated[bool, "True where an invitation goes to an address, whoever has it."]]


class Opened(TypedDict):
    """A forum that was opened."""

    id: Annotated[str, "The forum's name."]
    name: Annotated[str, "Its title."]
    pk: str
    founder: Annotated[str, "The id of who owns it."]


class Listed(TypedDict):
    """Somebody on a list."""

    id: str
    type: Annotated[str, "`user`, `email`, `ip` or `guest`."]
    value: Annotated[str, "How moderators read it; never an address that a reader has come from."]
    notes: str
    dateAdded: Annotated[str | None, "`2008-06-10T02:31:43`, in UTC."]
    invited: NotRequired[Annotated[bool, "True where an invitation goes to an address, whoever has it."]]
    refused: NotRequired[Annotated[str, "Why this one could not be added; absent where it was."]]
