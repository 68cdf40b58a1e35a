"""Threads, comments and what is done to them; every row lives in the partition of its forum."""

from descant.discussion.models.comments import (
    OF_DESCANT,
    SHADOW_BAN,
    TEXT_ID,
    WORDPRESS_ID,
    Comment,
    CommentQuerySet,
)
from descant.discussion.models.decisions import Appeal, Decision, Moved
from descant.discussion.models.receipts import Pace, Receipt
from descant.discussion.models.rows import OfForum, OfForumQuerySet
from descant.discussion.models.threads import Thread, ThreadAddress
from descant.discussion.models.voices import Flag, ThreadVote, Vote
from descant.discussion.models.words import Words

__all__ = [
    "OF_DESCANT",
    "SHADOW_BAN",
    "TEXT_ID",
    "WORDPRESS_ID",
    "Appeal",
    "Comment",
    "CommentQuerySet",
    "Decision",
    "Flag",
    "Moved",
    "OfForum",
    "OfForumQuerySet",
    "Pace",
    "Receipt",
    "Thread",
    "ThreadAddress",
    "ThreadVote",
    "Vote",
    "Words",
]
