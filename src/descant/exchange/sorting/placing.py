"""Finds each comment its thread and its parent, and puts parents before their replies."""

from descant.exchange.sorting.spool import Spool, as_number
from descant.exchange.stream import COMMENT

NO_THREAD = "its thread is not in the file"
OTHER_THREAD = "it answers a comment of another thread: it stands at the top"
ITSELF = "it answers itself: it stands at the top"
RING = "the comments it answers run in a ring: it stands at the top"
NO_TIME = "its time cannot be read: it takes its thread's"

# Where a name has two bearers, one that is kept goes first, then the one that stands first in the file.
_FIND_THREAD = """
    (SELECT called.thread FROM called JOIN thread ON thread.seq = called.thread
     WHERE called.name = comment.{name} ORDER BY thread.skip IS NOT NULL, called.thread LIMIT 1)"""
_FIND_PARENT = """
    (SELECT coalesce(p.merged, p.seq) FROM comment p
     WHERE p.{column} = comment.{name} AND p.skip IS NULL ORDER BY p.seq LIMIT 1)"""


def place_comments(spool: Spool) -> None:
    """Marks what is skipped or merged, resolves parents, adds marks for missing ones, and gives each its place."""
    spool.rows.execute("BEGIN")
    _find_threads(spool)
    _merge_doubles(spool)
    _find_parents(spool)
    _mark_missing_parents(spool)
    _fill_times(spool)
    _give_places(spool)
    spool.rows.execute(
        "CREATE INDEX comment_reading ON comment (thread, top, level, created, seq) WHERE top NOT NULL"
    )
    spool.rows.execute("COMMIT")


def _find_threads(spool: Spool) -> None:
    found = f"coalesce({_FIND_THREAD.format(name='thread_name')}, {_FIND_THREAD.format(name='thread_other')})"
    spool.rows.execute(f"UPDATE comment SET own_thread = {found}")
    spool.rows.execute(
        "UPDATE comment SET (thread, skip) = (SELECT main, skip FROM thread WHERE thread.seq = own_thread)"
    )
    spool.rows.execute("UPDATE comment SET skip = ? WHERE own_thread IS NULL", (NO_THREAD,))
    for line, reason in spool.each("SELECT line, skip FROM comment WHERE skip IS NOT NULL ORDER BY seq"):
        spool.report.skip(COMMENT, reason, line)


def _merge_doubles(spool: Spool) -> None:
    run = spool.rows.execute
    run("CREATE INDEX comment_name ON comment (name) WHERE name IS NOT NULL")
    run("CREATE INDEX comment_other_name ON comment (other_name) WHERE other_name IS NOT NULL")
    run("CREATE INDEX comment_identity ON comment (source_id, source, seq)")
    run(
        "UPDATE comment SET merged = (SELECT min(o.seq) FROM comment o"
        " WHERE o.source_id = comment.source_id AND o.source = comment.source AND o.skip IS NULL)"
        " WHERE skip IS NULL"
    )
    run("UPDATE comment SET merged = NULL WHERE merged = seq")
    spool.report.comments.merged += spool.one("SELECT count(*) FROM comment WHERE merged IS NOT NULL")


def _find_parents(spool: Spool) -> None:
    found = ", ".join(
        _FIND_PARENT.format(column=column, name=name)
        for name in ("parent_name", "parent_other")
        for column in ("name", "other_name")
    )
    spool.rows.execute(
        f"UPDATE comment SET parent = coalesce({found})"
        " WHERE parent_name IS NOT NULL AND skip IS NULL AND merged IS NULL"
    )
    _stand_at_top(spool, ITSELF, "parent = seq")
    _stand_at_top(
        spool, OTHER_THREAD, "thread <> (SELECT p.thread FROM comment p WHERE p.seq = comment.parent)"
    )


def _mark_missing_parents(spool: Spool) -> None:
    """One mark for each parent the file lacks, in the thread that asks for it first."""
    run = spool.rows.execute
    missing = "parent IS NULL AND parent_name IS NOT NULL AND skip IS NULL AND merged IS NULL"
    # The last name of a parent is the plainest: what the comment itself would be known by.
    name = "coalesce(parent_other, parent_name)"
    run("CREATE TABLE lost (seq INTEGER PRIMARY KEY, name TEXT UNIQUE, thread INTEGER, line INTEGER)")
    run(
        f"INSERT OR IGNORE INTO lost (name, thread, line) SELECT {name}, thread, line FROM comment"
        f" WHERE {missing} ORDER BY seq"
    )
    last = spool.one("SELECT max(seq) FROM comment") or 0
    run(
        f"UPDATE comment SET parent = (SELECT ? + lost.seq FROM lost WHERE lost.name = {name}) WHERE {missing}",
        (last,),
    )
    run(
        "INSERT INTO comment (seq, line, source, source_id, own_thread, thread, missing) SELECT ? + seq, line, ?,"
        " CASE WHEN EXISTS (SELECT 1 FROM comment c WHERE c.source_id = lost.name AND c.source = ? AND c.skip IS NULL)"
        " THEN 'parent:' ELSE '' END || name, thread, thread, 1 FROM lost",
        (last, spool.source, spool.source),
    )
    run(
        "INSERT INTO body SELECT ? + seq, '', '', '', '', 'html', 'deleted', 0, NULL, NULL FROM lost", (last,)
    )
    _stand_at_top(
        spool,
        OTHER_THREAD,
        "parent > ? AND thread <> (SELECT thread FROM lost WHERE lost.seq = parent - ?)",
        last,
        last,
    )
    run("CREATE INDEX comment_parent ON comment (parent) WHERE parent IS NOT NULL")


def _stand_at_top(spool: Spool, remark: str, which: str, *values: int) -> None:
    for (line,) in spool.each(f"SELECT line FROM comment WHERE {which} ORDER BY seq", *values):
        spool.report.note(COMMENT, remark, line)
    spool.rows.execute(f"UPDATE comment SET parent = NULL, parent_name = NULL WHERE {which}", values)


def _fill_times(spool: Spool) -> None:
    run = spool.rows.execute
    kept = "skip IS NULL AND merged IS NULL"
    timeless = f"SELECT line FROM comment WHERE created IS NULL AND missing IS NULL AND {kept} ORDER BY seq"
    for (line,) in spool.each(timeless):
        spool.report.note(COMMENT, NO_TIME, line)
    now = as_number(spool.started_at)
    run("CREATE INDEX comment_of_thread ON comment (thread, created) WHERE created IS NOT NULL")
    said = "(SELECT min(c.created) FROM comment c WHERE c.thread = {of} AND c.created IS NOT NULL)"
    run(
        "UPDATE comment SET created = coalesce((SELECT t.created FROM thread t WHERE t.seq = own_thread),"
        f" {said.format(of='comment.thread')}, ?) WHERE created IS NULL AND missing IS NULL AND {kept}",
        (now,),
    )
    # A mark is as old as the first reply to it.
    run(
        "UPDATE comment SET created = (SELECT min(c.created) FROM comment c WHERE c.parent = comment.seq) WHERE missing"
    )
    # A thread is at least as old as what was said in it, whatever its own time says.
    own, said = (
        "(SELECT min(t.created) FROM thread t WHERE t.main = thread.seq)",
        said.format(of="thread.seq"),
    )
    run(
        f"UPDATE thread SET created = min(coalesce({own}, {said}, :now), coalesce({said}, {own}, :now))"
        " WHERE main = seq",
        {"now": now},
    )


def _give_places(spool: Spool) -> None:
    spool.rows.execute("CREATE TABLE placed (seq INTEGER PRIMARY KEY, top INTEGER, level INTEGER)")
    kept = "skip IS NULL AND merged IS NULL"
    _place_below(spool, f"SELECT seq, seq, 0 FROM comment WHERE parent IS NULL AND {kept}")
    unplaced = (
        f"SELECT seq FROM comment WHERE seq > ? AND {kept} AND NOT EXISTS"
        " (SELECT 1 FROM placed WHERE placed.seq = comment.seq) ORDER BY seq LIMIT 1"
    )
    last = 0
    while last := spool.one(unplaced, last):
        _place_below(spool, "SELECT {0}, {0}, 0".format(_break_ring(spool, last)))
    spool.rows.execute(
        "UPDATE comment SET (top, level) = (SELECT top, level FROM placed WHERE placed.seq = comment.seq)"
    )


def _place_below(spool: Spool, tops: str) -> None:
    spool.rows.execute(
        f"INSERT INTO placed WITH RECURSIVE below (seq, top, level) AS ({tops} UNION ALL"
        " SELECT c.seq, below.top, below.level + 1 FROM comment c JOIN below ON c.parent = below.seq)"
        " SELECT * FROM below"
    )


def _break_ring(spool: Spool, seq: int) -> int:
    """The ring that a comment leads up to, when no top does, is cut above its earliest member."""
    slow = fast = seq
    while True:  # one walker at double speed: they meet within the ring, and nothing must be remembered
        slow, fast = _parent(spool, slow), _parent(spool, _parent(spool, fast))
        if slow == fast:
            break
    top, earliest = slow, _age(spool, slow)
    member = _parent(spool, slow)
    while member != slow:
        age = _age(spool, member)
        if age < earliest:
            top, earliest = member, age
        member = _parent(spool, member)
    spool.rows.execute("UPDATE comment SET parent = NULL WHERE seq = ?", (top,))
    spool.report.note(COMMENT, RING, spool.one("SELECT line FROM comment WHERE seq = ?", top))
    return top


def _parent(spool: Spool, seq: int) -> int:
    found: int = spool.one("SELECT parent FROM comment WHERE seq = ?", seq)
    return found


def _age(spool: Spool, seq: int) -> tuple[int, int]:
    return spool.one("SELECT created FROM comment WHERE seq = ?", seq), seq
