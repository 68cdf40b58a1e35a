"""Threads arrive: each finds the one that is here already, by its old id or its addresses, or is made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from django.db import transaction

from descant.discussion import text
from descant.discussion.addressing.addresses import IDENTIFIER_MAX, URL_MAX, digest
from descant.discussion.models import Thread, ThreadAddress
from descant.discussion.reading import marks
from descant.exchange.arriving.berth import Berth, chunks, until_alone
from descant.exchange.arriving.copying import count_anew
from descant.exchange.sorting import arrivals
from descant.exchange.sorting.arrivals import ThreadArrival
from descant.exchange.stream import THREAD
from django_headroom.transactions import writing

CHUNK = 500
TOO_LONG = "an address too long to be asked for: left out"
JOINED = "its page has a thread here: merged into it"

Address: TypeAlias = tuple[str, str, str]  # kind, value, digest


@dataclass(slots=True)
class Here:
    """What of a chunk is in the forum already."""

    by_source_id: dict[tuple[str, str], int] = field(default_factory=dict)
    by_digest: dict[str, int] = field(default_factory=dict)
    with_identifier: set[int] = field(default_factory=set)
    categories: Mapping[str, int] = field(default_factory=dict)

    def thread_of(self, arrival: ThreadArrival, addresses: Sequence[Address]) -> int | None:
        """As pages find their thread: a URL leads to a thread with an identifier only if the page has none."""
        for kind, _, key in addresses:
            found = self.by_digest.get(key)
            by_url = kind == ThreadAddress.Kind.URL
            if found is not None and not (by_url and arrival.identifiers and found in self.with_identifier):
                return found
        return None


def bring_threads(berth: Berth, categories: Mapping[str, int]) -> None:
    done = 0
    for chunk in chunks(arrivals.threads(berth.spool), CHUNK):
        wanted = {arrival.number: _addresses(arrival) for arrival in chunk}
        until_alone(partial(_bring, berth, chunk, wanted, categories))
        if not (done or berth.dry_run):
            count_anew(berth.forum.partition, Thread, ThreadAddress)
        done += len(chunk)
        berth.reach(done)


def _bring(
    berth: Berth,
    chunk: list[ThreadArrival],
    wanted: dict[int, list[Address]],
    categories: Mapping[str, int],
) -> None:
    here = replace(_look_up(berth, chunk, wanted), categories=categories)
    ids: dict[int, int] = {}
    known = merged = 0
    fresh: list[ThreadArrival] = []
    joined: list[int] = []
    for arrival in chunk:
        found = next(
            (
                here.by_source_id[each]
                for each in ((arrival.source, _kept_id(own)) for own in arrival.source_ids)
                if each in here.by_source_id
            ),
            None,
        )
        known += found is not None
        if found is None and (found := here.thread_of(arrival, wanted[arrival.number])) is not None:
            merged += 1
            joined.append(arrival.line)
        if found is None:
            fresh.append(arrival)
        else:
            ids[arrival.number] = found
    if not berth.dry_run:
        _write(berth, fresh, ids, (wanted, here))
        berth.keep_threads(ids)
    _report(berth, chunk, known, joined)


def _report(berth: Berth, chunk: list[ThreadArrival], known: int, joined: list[int]) -> None:
    tally = berth.report.threads
    tally.known += known
    tally.merged += len(joined)
    tally.imported += len(chunk) - len(joined)
    for line in joined:
        berth.report.note(THREAD, JOINED, line)
    for arrival in chunk:
        if len(arrival.identifiers) + len(arrival.urls) > len(_addresses(arrival)):
            berth.report.note(THREAD, TOO_LONG, arrival.line)


def _look_up(berth: Berth, chunk: list[ThreadArrival], wanted: dict[int, list[Address]]) -> Here:
    source_ids = [_kept_id(each) for arrival in chunk for each in arrival.source_ids]
    keys = [key for addresses in wanted.values() for _, _, key in addresses]
    sources = {arrival.source for arrival in chunk}
    threads = Thread.objects.of(berth.forum).filter(source__in=sources, source_id__in=source_ids)
    addresses = ThreadAddress.objects.of(berth.forum)
    by_digest = dict(addresses.filter(digest__in=keys).values_list("digest", "thread_id"))
    named = addresses.filter(thread__in=set(by_digest.values()), kind=ThreadAddress.Kind.IDENTIFIER)
    return Here(
        by_source_id={
            (source, own): pk
            for source, own, pk in threads.exclude(source_id="").values_list("source", "source_id", "id")
        },
        by_digest=by_digest,
        with_identifier=set(named.values_list("thread_id", flat=True)),
    )


def _write(
    berth: Berth,
    fresh: list[ThreadArrival],
    ids: dict[int, int],
    looked_up: tuple[dict[int, list[Address]], Here],
) -> None:
    wanted, here = looked_up
    with writing(berth.forum) as alias:
        rows = Thread.objects.of(berth.forum).bulk_create(
            [_row(berth, arrival, here.categories.get(arrival.category)) for arrival in fresh]
        )
        ids.update((arrival.number, row.pk) for arrival, row in zip(fresh, rows, strict=True))
        taken = set(here.by_digest)
        addresses = []
        for number, thread_id in ids.items():
            for kind, value, key in wanted[number]:
                if key not in taken:
                    taken.add(key)
                    addresses.append(
                        ThreadAddress(
                            forum_id=berth.forum.pk, thread_id=thread_id, kind=kind, value=value, digest=key
                        )
                    )
        ThreadAddress.objects.of(berth.forum).bulk_create(addresses)
        if addresses:
            transaction.on_commit(partial(marks.raise_unwritten, berth.forum.pk), using=alias)


def _row(berth: Berth, arrival: ThreadArrival, category: int | None) -> Thread:
    return Thread(
        forum_id=berth.forum.pk,
        category_id=category,
        title=text.one_line(arrival.title)[:500],
        url=next((url for url in arrival.urls if len(url) <= URL_MAX), ""),
        state=Thread.State.CLOSED if arrival.closed else Thread.State.OPEN,
        created_at=arrival.created_at,
        source=arrival.source,
        source_id=_kept_id(arrival.source_ids[0]),
    )


def _addresses(arrival: ThreadArrival) -> list[Address]:
    return [*_of_kind(ThreadAddress.Kind.IDENTIFIER, arrival.identifiers, IDENTIFIER_MAX),
            *_of_kind(ThreadAddress.Kind.URL, arrival.urls, URL_MAX)]  # fmt: skip


def _of_kind(kind: str, values: Sequence[str], longest: int) -> Iterator[Address]:
    for value in values:
        if len(value) <= longest:
            yield kind, value, digest(kind, value)


def _kept_id(source_id: str) -> str:
    """An old id as it is kept: a thread without one may be known by its link, which can be long."""
    return source_id if len(source_id) <= 300 else digest("source", source_id)
