"""Reading a page of a thread: a fixed number of queries and rows, however large the thread and deep its tree.

The order (*best*, *newest*, *oldest*) is that of the top-level comments; below each its conversation is read oldest
first, at most three replies of it before "more replies", which pages within the branch. Pages are cut by keys, never
by offsets. Thread and comments are read from the same copy of the database, a first page's in one statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import Wanted
from descant.discussion.authors import Author, attach_names
from descant.discussion.models import Comment, Thread
from descant.discussion.reading import marks
from descant.discussion.reading.shown import read_shown
from descant.discussion.seeing import as_its_author_sees, is_own, may_see
from descant.discussion.tree import cursors
from descant.discussion.tree.cursors import AfterTop, AtComment, InBranch
from descant.discussion.tree.fetching import Room, Shelf, Tops, Window, key_in
from descant.discussion.tree.paths import WIDTH, ancestors_in
from descant.forums.models import Forum
from django_headroom.joins import attach

ORDERS = ("best", "newest", "oldest")
LIGHT_ORDER = "oldest"  # its index is written at one end, and no vote moves anything in it
LINES = 25
REPLIES = 3
_ROOM = Room(LINES, REPLIES)


class Line(NamedTuple):
    """One line of a page: a comment; a mark where a hidden one has replies; a stub of an ancestor not drawn here."""

    comment: Comment
    kind: str
    more: int = 0  # further replies of the branch, after its last line here
    more_cursor: str = ""
    answers: Comment | None = None  # the comment it answers, where the drawn tree does not say

    @property
    def level(self) -> int:
        return self.comment.level

    @property
    def replies(self) -> int:
        return self.comment.replies


@dataclass(frozen=True)
class Page:
    """What a page shows; ``thread`` is None where nobody has written yet."""

    thread: Thread | None
    order: str = "best"
    lines: Sequence[Line] = field(default_factory=tuple)
    next_cursor: str = ""
    first: bool = True
    branch: Comment | None = None
    pinned: Comment | None = None


def read_page(
    *, forum: Forum, page: PageAddress, order: str, cursor: str = "", to_keep: bool = False
) -> Page:
    """A page of the thread of a host page.

    Args:
        order: one of ORDERS.
        cursor: where it begins, as an earlier page said, or ``comment-ID`` or
            ``descant-ID``, as a permalink says; empty for the first page.
        to_keep: whether it will be shown to others: a thread that has just changed is then read from the primary.

    Raises:
        BadCursor, NoAddress
    """
    where, wanted = cursors.read(cursor), Wanted.of(forum, page)

    def reading(alias: str) -> Page:
        if where is None:
            return _first_page(alias, wanted, order)
        thread = wanted.find(alias)
        if thread is None:
            return Page(None, order)
        return _page(Shelf(alias, thread), order, where) or _first_page(alias, wanted, order)

    def enough(found: Page) -> bool:
        return not to_keep or marks.is_settled(forum.pk, found.thread)

    return read_shown(forum, reading, enough=enough)


def is_heavy(order: str, cursor: str) -> bool:
    """Whether a page is one of top-level comments in an order that costs.

    Raises:
        BadCursor
    """
    return order != LIGHT_ORDER and not isinstance(cursors.read(cursor), AtComment | InBranch)


def line_of(comment: Comment, viewer: Author | None) -> Line:
    """A comment as a line of its own, for one person; a mark if she may not see it."""
    if viewer is not None and is_own(comment, viewer) and not viewer.moderates:
        comment = as_its_author_sees(comment)
    attach([comment], "author")
    return Line(comment, "comment" if may_see(comment, viewer) else "mark")


def _first_page(alias: str, wanted: Wanted, order: str) -> Page:
    found = Shelf.with_tops(alias, wanted, order, _ROOM)
    return _top_page(*found, order) if found else Page(None, order)


def _page(shelf: Shelf, order: str, where: cursors.Cursor) -> Page | None:
    """The page that begins there; None if it would begin with a comment that is not here."""
    if isinstance(where, AtComment):
        begin = _asked_for(shelf, where)
        if begin is None:
            return None
        return _branch_page(shelf, order, InBranch(begin.path[:WIDTH], begin.path), [begin])
    if isinstance(where, InBranch):
        return _branch_page(shelf, order, where, [])
    return _top_page(shelf, shelf.tops(order, (where.key, where.id), _ROOM), order, where)


def _asked_for(shelf: Shelf, at: AtComment) -> Comment | None:
    """An old link means the comment it was made for; our own id is taken for one only where no comment came with it."""
    if at.is_ours:
        return shelf.with_id(at.id) or shelf.moved_here_as(at.id)
    return shelf.arrived_as(at.id) or shelf.with_id(at.id)


def _branch_page(shelf: Shelf, order: str, where: InBranch, begin: Sequence[Comment]) -> Page:
    rows = [*begin, *shelf.branch(Window(where.path, where.after, LINES + 1 - len(begin)))]
    cut = cursors.write(InBranch(where.path, rows[LINES - 1].path)) if len(rows) > LINES else ""
    lines = _finish(shelf, [Line(comment, "comment") for comment in rows[:LINES]])
    top = lines[0].comment if lines else None
    return Page(shelf.thread, order, lines, cut, first=False, branch=top)


@dataclass
class _Run:
    """A top-level comment and the few replies of it that a page draws; ``top`` is None where an earlier page had it."""

    at: AfterTop
    top: Comment | None
    replies: Sequence[Comment]

    def lines(self, room: int) -> tuple[list[Line], AfterTop]:
        """The lines that there is room for, and where the next page begins."""
        every = [*([self.top] if self.top else []), *self.replies]
        drawn = every[:room]
        if len(drawn) == len(every):
            return [Line(comment, "comment") for comment in drawn], AfterTop(self.at.key, self.at.id)
        replies = [comment for comment in drawn if comment is not self.top]
        shown = self.at.shown + sum(comment.is_shown for comment in replies)
        lines = self.at.lines + len(replies)
        cut = AfterTop(self.at.key, self.at.id, drawn[-1].path, lines, shown)
        return [Line(comment, "comment") for comment in drawn], cut


def _top_page(shelf: Shelf, tops: Tops, order: str, after: AfterTop | None = None) -> Page:
    runs = _runs(shelf, order, after, tops)
    lines: list[Line] = []
    ends: dict[int, _Run] = {}
    at = None
    for drawn, run in enumerate(runs):
        if len(lines) >= LINES:
            break
        added, at = run.lines(LINES - len(lines))
        lines += added
        if not at.path and added:
            ends[len(lines) - 1] = run
        is_last = not at.path and drawn == len(runs) - 1 and tops.are_last
    cut = cursors.write(at) if at and not is_last else ""
    finished = _finish(shelf, lines, ends)
    pinned = _pinned(shelf, finished) if after is None else None
    return Page(shelf.thread, order, finished, cut, first=after is None, pinned=pinned)


def _pinned(shelf: Shelf, lines: Sequence[Line]) -> Comment | None:
    """What a moderator has pinned; it costs two queries where the page does not draw it besides."""
    wanted = shelf.thread.pinned_id
    if wanted is None:
        return None
    found = next((line.comment for line in lines if line.comment.id == wanted), None)
    if found is None:
        found = shelf.with_ids({wanted}).get(wanted)
        attach_names([found] if found else [])
    return found if found and may_see(found, None) else None


def _runs(shelf: Shelf, order: str, after: AfterTop | None, tops: Tops) -> list[_Run]:
    """What a page is drawn of; first what is left of the replies among which the page before has ended."""
    runs = [_Run(AfterTop(key_in(order, top), top.id), top, replies) for top, replies in tops.each]
    if after and after.path:
        left = Window(after.path[:WIDTH], after.path, max(0, REPLIES - after.lines))
        runs.insert(0, _Run(after, None, shelf.branch(left)))
    return runs


def _finish(
    shelf: Shelf, lines: Sequence[Line], ends: Mapping[int, _Run] = MappingProxyType({})
) -> Sequence[Line]:
    """Add what the lines need around them: stubs of ancestors, names of those answered, "more replies", authors."""
    drawn = {line.comment.id: line.comment for line in lines}
    replies = [comment for comment in drawn.values() if comment.level]
    above = {comment.id: ancestors_in(comment.path) for comment in replies}
    answered = {comment.parent_id for comment in replies if comment.parent_id}
    needed = answered.union(*above.values()) - drawn.keys()
    known = {**drawn, **shelf.with_ids(needed)}
    finished: list[Line] = []
    seen: set[int] = set()
    for number, line in enumerate(lines):
        own, whole = line.comment.id, line
        if own in above:
            for key in above[own]:
                if key not in seen and key in known:
                    finished.append(Line(known[key], "stub"))
                    seen.add(key)
            whole = _with_answers(line, above[own], known)
        seen.add(own)
        run = ends.get(number)
        finished.append(_with_more(whole, run, known) if run else whole)
    attach_names([*(line.comment for line in finished), *(line.answers for line in finished if line.answers)])
    return [line if may_see(line.comment, None) else line._replace(kind="mark") for line in finished]


def _with_answers(line: Line, above: Sequence[int], known: dict[int, Comment]) -> Line:
    comment = line.comment
    if comment.parent_id is None or (above and above[-1] == comment.parent_id):
        return line
    answered = known.get(comment.parent_id)
    return line._replace(answers=answered) if answered and may_see(answered, None) else line


def _with_more(line: Line, run: _Run, known: dict[int, Comment]) -> Line:
    top = run.top or known.get(run.at.id)
    if top is None:
        return line
    left = top.replies - run.at.shown - sum(comment.is_shown for comment in run.replies)
    if left <= 0:
        return line
    return line._replace(more=left, more_cursor=cursors.write(InBranch(top.path, line.comment.path)))
