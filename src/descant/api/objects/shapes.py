"""The shapes of what is told, field by field, as Disqus's API 3.0 has them; OpenAPI is made of them.

Ids are strings, a parent is a number, and times are naive UTC.
"""

from typing import Annotated, Any, NotRequired, TypedDict


class Avatar(TypedDict):
    """A person's picture; none is ever asked of a third party."""

    permalink: str
    cache: str


class Remote(TypedDict):
    """How the forum's own site knows one of its people."""

    domain: Annotated[str, "The name of the forum that its people are of."]
    identifier: Annotated[str, "The site's id of her, as single sign-on has told it."]


class Author(TypedDict):
    """Who wrote a comment. Never an e-mail address, nor a hash of one."""

    name: Annotated[str, "The name to show."]
    url: Annotated[str, "The web address that was given; empty if none was."]
    about: Annotated[str, "Always empty."]
    profileUrl: Annotated[str, "Of her page here; empty if there is none."]
    isAnonymous: Annotated[bool, "Whether she has no account: she is a guest."]
    isFollowing: Annotated[bool, "Always false."]
    isFollowedBy: Annotated[bool, "Always false."]
    avatar: Avatar
    id: NotRequired[Annotated[str, "Of accounts only."]]
    username: NotRequired[Annotated[str, "Of accounts only."]]
    remote: NotRequired[
        Annotated[Remote, "Of people whom the forum's site signs in; for moderators and the secret key."]
    ]


class Thread(TypedDict):
    """The discussion of one page."""

    id: str
    forum: Annotated[Any, "The forum's name; the whole forum with `related=forum`."]
    category: Annotated[Any, "The category's id; the whole category with `related=category`."]
    author: Annotated[str | None, "Always null: pages begin threads here."]
    title: str
    clean_title: str
    message: Annotated[str, "Always empty."]
    link: Annotated[str, "The page's address."]
    slug: str
    identifiers: Annotated[list[str], "The page's own names for it."]
    createdAt: Annotated[str, "`2008-06-10T02:31:43`, in UTC."]
    posts: Annotated[int, "How many comments are shown."]
    likes: Annotated[int, "Votes up, by `threads/vote`; pages show none."]
    dislikes: Annotated[int, "Votes down."]
    reactions: Annotated[int, "Always 0."]
    userScore: Annotated[int, "The person's own vote, where `threads/vote` tells it; else 0."]
    ipAddress: Annotated[None, "Always null: no address is kept."]
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
    ipAddress: Annotated[None, "Always null: no address is kept."]
    media: Annotated[list[Any], "Always empty."]
    url: Annotated[str, "Its address on the page."]
    author: Annotated[Author | None, "Null where it may not be read."]


class PlacedPost(Post):
    """A comment in its place among the answers."""

    depth: Annotated[int, "How many answers deep; 0 at the top."]


class ForumSettings(TypedDict):
    """What a page should know before it asks somebody to write."""

    allowAnonPost: Annotated[bool, "Whether guests may write."]
    mustVerify: Annotated[bool, "Whether what guests write waits for a moderator."]


class Forum(TypedDict):
    """A website's place here."""

    id: Annotated[str, "The forum's name, which Disqus calls the shortname."]
    pk: str
    name: Annotated[str, "Its title."]
    url: Annotated[str, "Of its first domain; empty if it has none."]
    language: str
    founder: Annotated[str | None, "Always null."]
    createdAt: str
    category: Annotated[str, "Of all threads that name no other."]
    settings: ForumSettings


class ForumDetails(Forum):
    """A website's place, with what was said there."""

    numPosts: Annotated[int, "How many comments everybody may read."]
    numThreads: Annotated[int, "In how many threads there are such."]


class User(TypedDict):
    """Somebody with an account. Never an e-mail address, nor a hash of one."""

    id: str
    username: str
    name: str
    profileUrl: Annotated[str, "Of her page here; empty if there is none."]
    isAnonymous: bool
    avatar: Avatar


class UserDetails(User):
    """Somebody, with what she has said on all forums: null of those who do not agree to be seen everywhere."""

    numPosts: Annotated[int | None, "How many comments of hers everybody may read."]
    numLikesReceived: Annotated[int | None, "How often these were liked."]


class Moderator(TypedDict):
    """Somebody who decides on a forum."""

    id: Annotated[str, "Of her role."]
    role: Annotated[str, "`owner` or `moderator`."]
    user: User


class Activity(TypedDict):
    """Something that somebody did; here always that she wrote."""

    type: str
    createdAt: str
    object: Post


class Category(TypedDict):
    """A part of a forum."""

    id: str
    forum: Annotated[str, "The forum's name."]
    title: str
    order: Annotated[int, "Its place among them."]
    isDefault: Annotated[bool, "Whether it is the one of all threads that name no other; it is always there."]


class Import(TypedDict):
    """One run of an import."""

    id: str
    forum: str
    format: str
    fileName: str
    state: Annotated[str, "`waiting`, `running`, `finished`, `refused` or `stopped`."]
    done: Annotated[int, "Rows so far."]
    total: Annotated[int, "Rows of the file, as far as it is known."]
    refusal: Annotated[str, "Why it was refused."]
    startedAt: str
    finishedAt: str | None


class Subscription(TypedDict):
    """A webhook: an address that is told of comments."""

    id: str
    url: str
    secret: Annotated[str, "By which what is sent is signed."]
    enableSending: Annotated[
        bool, "Whether it is told; false also where it was switched off because it fails."
    ]


class Export(TypedDict):
    """A file that is made of a forum."""

    id: str
    forum: str
    format: Annotated[str, "`native`, `sqlite`, `disqus` or `wxr`."]
    personal: Annotated[bool, "Whether it has e-mail addresses."]
    state: Annotated[str, "`waiting`, `running`, `finished`, `stopped`, or `dropped` when its time is over."]
    done: Annotated[int, "Rows so far."]
    total: Annotated[int, "Rows that the forum has, once it has begun."]
    fileName: str
    size: Annotated[int, "In bytes, packed."]
    refusal: Annotated[str, "Why it has stopped."]
    url: Annotated[str, "The page on which an owner who has signed in fetches it."]
    createdAt: str
    finishedAt: str | None


class Changes(TypedDict):
    """What has changed in a thread."""

    thread: Thread
    epoch: Annotated[str, "Versions of another epoch mean nothing: read all anew."]
    version: Annotated[int, "What to ask with the next time."]
    reload: Annotated[bool, "Whether it is too much to tell: read all anew."]
    posts: Annotated[list[Post], "As they are now; of what may not be read no more than its state."]


class ThreadClock(TypedDict):
    """Where a thread's clock stands."""

    thread: str
    epoch: str
    version: int
