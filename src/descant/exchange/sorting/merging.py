"""Chooses the forum of a file and merges its threads that are one page; all their names stay addresses."""

import json
from collections.abc import Iterable

from descant.discussion.addressing.addresses import normal_url
from descant.exchange.sorting.spool import Spool
from descant.exchange.stream import THREAD, Choices, ImportRefused

OTHER_FORUM = "of a forum that was not asked for"
NO_FORUM = "it names no forum, and the file has several"
SAME_PAGE = "the page of another thread: merged into it"
SAME_LINK = "the link of another thread, though another identifier: merged into it (--apart keeps them apart)"


def merge_threads(spool: Spool, choices: Choices) -> None:
    """Gives every thread of the chosen forum its main one (most are their own), and the others a reason to skip.

    With `apart`, threads that share an address stay apart, and the first of them has it.

    Raises:
        ImportRefused: the file is of several forums and none was chosen, or has none of that name.
    """
    spool.rows.execute("BEGIN")
    forums = [
        name for (name,) in spool.each("SELECT DISTINCT forum FROM thread WHERE forum <> '' ORDER BY forum")
    ]
    choose_forum(forums, choices.source_forum)
    spool.rows.execute("CREATE TABLE address (key TEXT PRIMARY KEY, main INTEGER)")
    spool.rows.execute("CREATE INDEX thread_main ON thread (main)")
    for seq, line, forum, source, source_id, identifiers, urls in spool.each(
        "SELECT seq, line, forum, source, source_id, identifiers, urls FROM thread ORDER BY seq"
    ):
        if len(forums) > 1 and forum != choices.source_forum:
            _skip(spool, seq, line, OTHER_FORUM if forum else NO_FORUM)
            continue
        keys = [f"s{source}\n{source_id}"]
        if not choices.apart:
            keys += address_keys(json.loads(identifiers), json.loads(urls))
        _join(spool, seq, keys)
    for line, differs in spool.each(
        "SELECT t.line, t.identifiers NOT IN ('[]', m.identifiers) FROM thread t JOIN thread m ON m.seq = t.main"
        " WHERE t.main <> t.seq ORDER BY t.seq"
    ):
        spool.report.threads.merged += 1
        spool.report.note(THREAD, SAME_LINK if differs else SAME_PAGE, line)
    spool.rows.execute("CREATE INDEX called_name ON called (name)")
    spool.rows.execute("COMMIT")


def choose_forum(forums: list[str], source_forum: str) -> None:
    """Refuses a file of several forums of which none, or an unknown one, was chosen."""
    names = ", ".join(forums)
    if source_forum and source_forum not in forums:
        raise ImportRefused(f"the file has no forum {source_forum!r}; it has {names or 'none with a name'}")
    if len(forums) > 1 and not source_forum:
        raise ImportRefused(f"the file is of several forums: {names}. Choose one with --source-forum NAME")


def address_keys(identifiers: Iterable[str], urls: Iterable[str]) -> list[str]:
    """By what a thread is the same page as another one."""
    return [f"i{name}" for name in identifiers] + [f"u{normal_url(url)}" for url in urls]


def _join(spool: Spool, seq: int, keys: list[str]) -> None:
    marks = ",".join("?" * len(keys))
    found = [
        main for (main,) in spool.each(f"SELECT DISTINCT main FROM address WHERE key IN ({marks})", *keys)
    ]
    main = min(found, default=seq)
    for other in found:
        if other != main:
            # This thread shows two that were apart to be one.
            spool.rows.execute("UPDATE thread SET main = ? WHERE main = ?", (main, other))
            spool.rows.execute("UPDATE address SET main = ? WHERE main = ?", (main, other))
    spool.rows.execute("UPDATE thread SET main = ? WHERE seq = ?", (main, seq))
    spool.rows.executemany("INSERT OR IGNORE INTO address VALUES (?, ?)", [(key, main) for key in keys])


def _skip(spool: Spool, seq: int, line: int, reason: str) -> None:
    spool.rows.execute("UPDATE thread SET skip = ? WHERE seq = ?", (reason, seq))
    spool.report.skip(THREAD, reason, line)
