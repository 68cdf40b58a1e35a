"""Comments arrive in chunks, each one transaction that leaves the forum exact: rows, totals, branches, versions."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeAlias

from django.db.models import F

from descant.discussion import text
from descant.discussion.addressing.addresses import digest
from descant.discussion.models import OF_DESCANT, TEXT_ID, Comment, Thread
from descant.discussion.signals import comments_arrived, say_changed
from descant.discussion.tree.paths import ancestors_in, counted_in, level_of, path_below
from descant.exchange.arriving.berth import Berth, Placed, chunks, until_alone
from descant.exchange.arriving.copying import count_anew, insert_rows
from descant.exchange.arriving.ours import columns_of_ours
from descant.exchange.sorting import arrivals
from descant.exchange.sorting.arrivals import CommentArrival
from descant.exchange.stream import COMMENT
from django_headroom import ids
from django_headroom.transactions import writing

CHUNK = 1_000
CHUNK_LETTERS = 4_000_000
ELSEWHERE = "it is here from another service's export: merged into it"
FILLED = "the file before lacked it: it stands where its mark stood"
# What the mark of a parent that no file has shown yet bears; the comment itself may come with a later file.
MARK = "parent_not_in_file"

Columns: TypeAlias = Mapping[str, Any]


@dataclass(slots=True)
class Chunk:
    """What becomes of a thousand arrivals."""

    placed: dict[int, Placed] = field(default_factory=dict)
    fresh: list[CommentArrival] = field(default_factory=list)
    fills: dict[int, CommentArrival] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    merged: list[CommentArrival] = field(default_factory=list)


def bring_comments(berth: Berth) -> None:
    done = 0
    _leave_numbers(berth)
    every = arrivals.comments(berth.spool)
    for arrived in chunks(every, CHUNK, weight=lambda each: len(each.text), most=CHUNK_LETTERS):
        chunk = until_alone(partial(_bring, berth, arrived))
        _report(berth, arrived, chunk)
        if not (done or berth.dry_run):
            count_anew(berth.forum.partition, Comment)
        done += len(arrived)
        berth.reach(done)


def _leave_numbers(berth: Berth) -> None:
    """Our own links name comments by their ids: no new one here may be the old one of what comes from another site."""
    last = berth.spool.one("SELECT max(CAST(source_id AS INTEGER)) FROM comment WHERE source = ?", OF_DESCANT)
    if last and not berth.dry_run:
        ids.go_beyond(berth.forum.partition, Comment, last)


def _bring(berth: Berth, arrived: list[CommentArrival]) -> Chunk:
    chunk = _look_up(berth, arrived)
    if berth.dry_run:
        return chunk
    parents = {each.parent for each in arrived if each.parent is not None} - chunk.placed.keys()
    chunk.placed.update(berth.placed(parents))
    threads = berth.thread_ids(each.thread for each in arrived)
    if chunk.fresh or chunk.fills:
        written = (*chunk.fresh, *chunk.fills.values())
        ours = columns_of_ours(berth, written)
        columns = {each.number: {**_columns(each), **ours.get(each.number, {})} for each in written}
        with writing(berth.forum) as alias:
            _Writing(berth, alias, chunk, threads, columns).write()
    berth.keep_comments({each.number: chunk.placed[each.number] for each in arrived})
    return chunk


def _look_up(berth: Berth, arrived: list[CommentArrival]) -> Chunk:
    """Sorts a chunk into what is here, what is here under another service's id, and what is new."""
    keys = {_key(each) for each in arrived}
    wanted = keys.union(*map(_other_keys, arrived))
    rows = Comment.objects.of(berth.forum).exclude(source_id="")
    rows = rows.filter(source__in={source for source, _ in wanted}, source_id__in={own for _, own in wanted})
    here = {
        (source, source_id): (
            Placed(pk, thread_id, bytes(path)),
            state == Comment.State.DELETED and reasons == [MARK],
        )
        for source, source_id, pk, thread_id, path, state, reasons in rows.values_list(
            "source", "source_id", "id", "thread_id", "path", "state", "reasons"
        )
    }
    chunk = Chunk()
    marks = {key: placed for key, (placed, is_mark) in here.items() if is_mark}
    for each in arrived:
        key = _key(each)
        if key not in here:
            # Its mark may stand under another key, unless that is the very key of another comment of this chunk.
            key = next((other for other in _other_keys(each) - keys if other in marks), key)
        if key in here:
            chunk.placed[each.number], _ = here[key]
            chunk.known.add(each.number)
            if key in marks and not each.missing:
                chunk.fills[marks.pop(key).id] = each
        elif each.elsewhere in here and not here[each.elsewhere][1]:
            chunk.placed[each.number], _ = here[each.elsewhere]
            chunk.merged.append(each)
        else:
            chunk.fresh.append(each)
    return chunk


class _Writing:
    """One transaction. Thread rows first: their locks put versions in the order of the commits."""

    def __init__(
        self,
        berth: Berth,
        alias: str,
        chunk: Chunk,
        threads: dict[int, int],
        columns: Mapping[int, Columns],
    ) -> None:
        self.berth = berth
        self.alias = alias
        self.chunk = chunk
        self.threads = threads
        self.columns = columns
        self.replies: Counter[int] = Counter()

    def write(self) -> None:
        rows = self._place()
        fills = self.chunk.fills
        shown: Counter[int] = Counter(row.thread_id for row in rows if row.is_shown)
        filled = {pk: placed for placed in self.chunk.placed.values() if (pk := placed.id) in fills}
        shown.update(
            placed.thread_id for pk, placed in filled.items() if fills[pk].state == Comment.State.SHOWN
        )
        touched = {row.thread_id for row in rows} | {placed.thread_id for placed in filled.values()}
        versions = raise_versions(self.berth, touched, shown)
        own = {row.pk for row in rows}
        for row in rows:
            row.replies = self.replies[row.pk]
            row.drawn = row.is_shown or row.replies > 0
            row.version = versions.get(row.thread_id) if row.drawn else None
        insert_rows(self.alias, rows)
        for pk, arrival in fills.items():
            self._fill(filled[pk], arrival, versions)
        self._count_replies({pk: count for pk, count in self.replies.items() if pk not in own})
        written = [str(pk) for pk in (*own, *fills)]
        comments_arrived.say(at=self.alias, forum_id=self.berth.forum.pk, comment_ids=written)

    def _place(self) -> list[Comment]:
        fresh = self.chunk.fresh
        rows = []
        for arrival, pk in zip(fresh, ids.take(self.alias, Comment, len(fresh)), strict=True):
            parent = None if arrival.parent is None else self.chunk.placed[arrival.parent]
            thread_id = self.threads[arrival.thread] if parent is None else parent.thread_id
            path = path_below(parent.path if parent else b"", arrival.created_at, pk)
            self.chunk.placed[arrival.number] = Placed(pk, thread_id, path)
            source, source_id = _key(arrival)
            row = _row(
                self.alias,
                **self.columns[arrival.number],
                **{"id": pk, "forum_id": self.berth.forum.pk, "thread_id": thread_id, "path": path},
                parent_id=parent.id if parent else None,
                level=level_of(path),
                source=source,
                source_id=source_id,
            )
            rows.append(row)
            if row.is_shown:
                self.replies.update(counted_in(path, row.parent_id))
        return rows

    def _fill(self, placed: Placed, arrival: CommentArrival, versions: Mapping[int, int]) -> None:
        """The mark of a missing parent becomes the comment itself; its branch stays where it is."""
        columns = dict(self.columns[arrival.number])
        if arrival.state == Comment.State.SHOWN:
            self.replies.update(ancestors_in(placed.path))
            columns |= {"drawn": True, "version": versions[placed.thread_id]}
        # The mark may have been known by another key: a later run must find the comment by its own.
        columns["source"], columns["source_id"] = _key(arrival)
        Comment.objects.of(self.berth.forum).filter(pk=placed.id).update(**columns)

    def _count_replies(self, more: Mapping[int, int]) -> None:
        """Rows of earlier chunks get their new replies; a mark that has some is drawn from now on."""
        by_count: dict[int, list[int]] = defaultdict(list)
        for pk, count in more.items():
            by_count[count].append(pk)
        for count, pks in by_count.items():
            rows = Comment.objects.of(self.berth.forum).filter(pk__in=pks)
            rows.update(replies=F("replies") + count, drawn=True)


def raise_versions(berth: Berth, touched: Collection[int], shown: Mapping[int, int]) -> dict[int, int]:
    """Locks the threads; where comments are shown, counts them and raises the version by one. Returns the versions."""
    rows = Thread.objects.of(berth.forum)
    # Locked in one order, so that two imports cannot wait for each other.
    locked = rows.filter(pk__in=touched).order_by("pk").select_for_update().values_list("pk", "version")
    versions = {pk: version + (pk in shown) for pk, version in locked}
    by_count: dict[int, list[int]] = defaultdict(list)
    for pk, count in shown.items():
        by_count[count].append(pk)
    for count, pks in by_count.items():
        rows.filter(pk__in=pks).update(version=F("version") + 1, comments_shown=F("comments_shown") + count)
    for pk in shown:
        say_changed(at=rows.db, forum_id=berth.forum.pk, thread_id=pk, version=versions[pk])
    return versions


def _columns(arrival: CommentArrival) -> Columns:
    """What the file says of a comment, as it is kept: nothing of an account, and no longer than its column."""
    source = text.plain(arrival.text)
    return {
        "author_name": text.one_line(arrival.author_name)[:80],
        "author_email": arrival.author_email if len(arrival.author_email) <= 254 else "",
        "author_url": arrival.author_url if len(arrival.author_url) <= 500 else "",
        "text": source,
        "format": arrival.format,
        "html": text.render(source, arrival.format),
        "html_version": text.RULES_VERSION,
        "state": arrival.state,
        "marked_spam": arrival.marked_spam,
        "created_at": arrival.created_at,
        "reasons": [MARK] if arrival.missing else [],
    }


def _row(alias: str, **columns: Any) -> Comment:
    """A row of these columns and the defaults of the others; made as one that was read, which is five times as fast."""
    values = {**_defaults(), **columns}
    row: Comment = Comment.from_db(alias, list(values), values.values())
    return row


@cache
def _defaults() -> Columns:
    """Every column in the order of the model, with its default."""
    return {each.attname: each.get_default() for each in Comment._meta.concrete_fields}


def _key(arrival: CommentArrival) -> tuple[str, str]:
    return arrival.source, _kept_id(arrival.source_id)


def _kept_id(source_id: str) -> str:
    return source_id if len(source_id) <= 100 else digest("source", source_id)


def _other_keys(arrival: CommentArrival) -> set[tuple[str, str]]:
    """Under what else its mark may stand: another service's id, or the text by which older files name a parent."""
    keys = set() if arrival.elsewhere is None else {arrival.elsewhere}
    if arrival.source_id.startswith(TEXT_ID) and not arrival.missing:
        keys.add((arrival.source, _kept_id(arrival.source_id.removeprefix(TEXT_ID))))
    return keys


def _report(berth: Berth, arrived: Iterable[CommentArrival], chunk: Chunk) -> None:
    report, tally = berth.report, berth.report.comments
    merged = {each.number for each in chunk.merged}
    for each in arrived:
        known = each.number in chunk.known
        if each.number in merged:
            tally.merged += 1
            report.note(COMMENT, ELSEWHERE, each.line)
        elif each.missing:
            report.marks += 1
            report.marks_known += known
        elif each.state == Comment.State.DELETED:
            tally.tombstones += 1
            tally.known += known
        else:
            tally.imported += 1
            tally.known += known
    for each in chunk.fills.values():
        tally.changed += 1
        report.note(COMMENT, FILLED, each.line)
