"""The drawn tree of a thread, as a path in each comment: an index on it *is* the reading order of a branch.

A path is one component for each drawn ancestor and one for the comment itself; a component is the time in
microseconds and the id, 8 bytes each, so that bytes compare as (time, id) does. The stored tree may be of any depth;
the drawn one has at most 8 levels: a deeper comment stands at the deepest level, below the same ancestor, in order
of time. After the materialised paths that Disqus moved to in 2012.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

LEVELS = 8
WIDTH = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHIFT = 1 << 62  # keeps times before 1970 in order as unsigned numbers
_COMPONENT = struct.Struct(">QQ")
_MICROSECOND = timedelta(microseconds=1)


def component(created_at: datetime, comment_id: int) -> bytes:
    """The last component of a comment's own path."""
    return component_at((created_at - _EPOCH) // _MICROSECOND, comment_id)


def component_at(moment: int, comment_id: int) -> bytes:
    """The same of a time in microseconds since 1970."""
    return _COMPONENT.pack(moment + _SHIFT, comment_id)


def path_below(parent: bytes, created_at: datetime, comment_id: int) -> bytes:
    """The path of an answer to the comment whose path is ``parent`` (``b""`` at the top)."""
    return parent[: (LEVELS - 1) * WIDTH] + component(created_at, comment_id)


def level_of(path: bytes) -> int:
    """The drawn level: 0 at the top."""
    return len(path) // WIDTH - 1


def ancestors_in(path: bytes) -> Sequence[int]:
    """The ids of the drawn ancestors, from the top; the comment itself is not among them."""
    return [key for _, key in _COMPONENT.iter_unpack(path[:-WIDTH])]


def counted_in(path: bytes, parent_id: int | None) -> Sequence[int]:
    """The ids of those among whose replies a comment counts: its drawn ancestors and the comment that it answers.

    These differ at the deepest level, where an answer stands beside what it answers: there one step up counts and no
    more, for a chain has no bound.
    """
    above = ancestors_in(path)
    return above if parent_id is None or parent_id in above else [*above, parent_id]


def after_branch(path: bytes) -> bytes:
    """The first path that is no longer below ``path``."""
    return path + b"\xff"
