"""``descant seed --like talk``: makes the plan true, some ten thousand rows a transaction, from wherever it stands."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, UNUSABLE_PASSWORD_SUFFIX_LENGTH
from django.db import connections
from tqdm import tqdm

from descant.accounts.models import User
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.forums import directory
from descant.forums.models import Domain, Forum
from descant.operate.like_talk import bare
from descant.operate.like_talk.inserting import copy_binary, insert
from descant.operate.like_talk.plan import Plan, planned
from descant.operate.like_talk.rows import (
    Binary,
    Voices,
    address_rows,
    as_values,
    columns,
    moment_of,
    name_of,
    thread_rows,
)
from descant.operate.like_talk.stream import Opened
from django_headroom.transactions import writing

CHUNK = 10_000
GLOBAL = "default"
FILLED = {GLOBAL: (User,), "": (Thread, ThreadAddress, Comment)}


def seed_like_talk(*, scale: float, quiet: bool = False) -> int:
    """Make up discussions like those of the talk, or go on where a run before has ended.

    Args:
        scale: 1 for 75,000,000 comments in 450,000 forums, by 15,000,000 users; a part of 1 for so much less.

    Returns:
        How many comments there are.

    Raises:
        CommandFailed: another run is at it, or was begun with another scale.
    """
    with planned(scale) as plan:
        if not plan.is_done:
            for alias in (GLOBAL, *plan.partitions):
                _make_bare(plan, alias)
            _open_forums(plan)
            _make_users(plan, quiet)
            with tqdm(total=plan.sizes.comments, unit="comment", disable=quiet, smoothing=0.05) as bar:
                for alias in plan.partitions:
                    _fill(plan, alias, bar)
            for alias in (GLOBAL, *plan.partitions):
                _finish(plan, alias, quiet)
            plan.is_done = True
            plan.keep()
        return plan.sizes.comments


def _make_bare(plan: Plan, alias: str) -> None:
    """Written down before anything is dropped, so that it is built again in any case."""
    if alias not in plan.taken_off:
        plan.taken_off[alias] = bare.take_off(alias, FILLED.get(alias, FILLED[""]))
        plan.keep()
        bare.drop(alias, plan.taken_off[alias])


def _open_forums(plan: Plan) -> None:
    homes = sorted(home for all_of_one in plan.homes.values() for home in all_of_one)
    aliases = plan.partitions
    for begin in range(plan.written(GLOBAL, Forum), len(homes), CHUNK):
        chunk = homes[begin : begin + CHUNK]
        forums = [
            Forum(
                pk=home.id,
                name=f"talk-{home.number}",
                title=f"Forum {home.number}",
                partition=aliases[home.number % len(aliases)],
                opened_at=moment_of(home.opened),
            )
            for home in chunk
        ]
        with writing(GLOBAL):
            Forum.objects.bulk_create(forums, batch_size=1_000)
            domains = [Domain(forum_id=forum.pk, host=f"{forum.name}.example") for forum in forums]
            Domain.objects.bulk_create(domains, batch_size=1_000)
    directory.forget()


def _make_users(plan: Plan, quiet: bool) -> None:
    """Accounts that nobody can sign in to."""
    run = plan.run_of(GLOBAL, User)
    fixed = {each.attname: each.get_default() for each in User._meta.concrete_fields}
    fixed["password"] = UNUSABLE_PASSWORD_PREFIX + "0" * UNUSABLE_PASSWORD_SUFFIX_LENGTH
    done = plan.written(GLOBAL, User)
    with tqdm(total=len(run), initial=done, unit="user", disable=quiet) as bar:
        for begin in range(done, len(run), CHUNK):
            numbers = range(begin, min(begin + CHUNK, len(run)))
            own = ({"id": run[n], "username": f"talk-{n}", "name": name_of(n)} for n in numbers)
            with writing(GLOBAL):
                insert(GLOBAL, User, list(fixed), (tuple((fixed | each).values()) for each in own))
            bar.update(len(numbers))


def _fill(plan: Plan, alias: str, bar: "tqdm[Any]") -> None:
    """While the database takes one chunk the next one is made up."""
    stream, done = plan.stream(alias), plan.written(alias, Comment)
    voices = Voices(plan.run_of(GLOBAL, User))
    is_postgresql = connections[alias].vendor == "postgresql"
    make = Binary(voices).of if is_postgresql else partial(as_values, voices=voices)
    lines, pending = iter(stream), None
    with ThreadPoolExecutor(1) as writer:
        while chunk := list(islice(lines, CHUNK)):
            fresh = [line for line in chunk if line.number >= done]
            opened = [thread for thread in stream.take_opened() if thread.first >= done]
            if fresh:
                rows = make(fresh)
                _wait_for(pending)
                pending = writer.submit(_write, alias, opened, rows)
            bar.update(len(chunk))
        _wait_for(pending)
        writer.submit(connections.close_all).result()


def _wait_for(pending: "Future[None] | None") -> None:
    if pending is not None:
        pending.result()


def _write(alias: str, opened: Sequence[Opened], rows: Any) -> None:
    """Some comments and the threads that begin with them, all or none; in the order of ids, by which a run goes on."""
    with writing(alias):
        insert(alias, Thread, *thread_rows(opened))
        insert(alias, ThreadAddress, *address_rows(alias, opened))
        if isinstance(rows, bytes):
            copy_binary(alias, Comment, columns(), rows)
        else:
            insert(alias, Comment, columns(), rows)


def _finish(plan: Plan, alias: str, quiet: bool) -> None:
    built = plan.taken_off[alias].items()
    for name, sql in tqdm(built, desc=f"indexes of {alias}", unit="index", disable=quiet or not built):
        bare.build(alias, name, sql)
    with connections[alias].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)" if connections[alias].vendor == "postgresql" else "ANALYZE")
