"""No statement touches a table that does not live where it is sent: joins, subqueries and raw SQL alike.

Django gives no hook between a query and its SQL, so the SQL itself is read, once per text, before it leaves.
See docs/decisions/query-compile-hook.md.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.core.signals import setting_changed
from django.db.backends.signals import connection_created
from django.db.models import Model

from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom
from django_headroom.homes.map import declared, home_of, in_words, primary_of, reads_from

KEPT_TEXTS = 4_096
LONGEST_KEPT = 8_000  # characters; longer ones are long INSERTs and lists of ids, of which none comes twice

_allowed: ContextVar[bool] = ContextVar("allowed", default=False)


class CrossPartitionJoin(Exception):
    """A query over tables of two databases; no database can join them, and Django would answer with nothing."""


class NotAtHome(CrossPartitionJoin):
    """A statement sent to a database in which none of its tables lives, as a cascade sends it, step by step."""


@contextmanager
def allowing_foreign_tables() -> Iterator[None]:
    """Let a block read and write tables where they do not live: for whoever carries an app to another home.

    >>> with allowing_foreign_tables():
    ...     rows = Person.objects.using("default").iterator()
    """
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)


def refuse_foreign_tables(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
    """Django's wrapper around every statement: send it, or refuse it with both sides named.

    Raises:
        CrossPartitionJoin: some of its tables live there, others do not.
        NotAtHome: none of its tables lives there.
    """
    if isinstance(sql, str):
        alias = rest[-1]["connection"].alias
        fault = _kept_fault(sql, alias) if len(sql) <= LONGEST_KEPT else _fault(sql, alias)
        if fault is not None and not _allowed.get():
            raise fault[0](fault[1])
    return execute(sql, *rest)


def _fault(sql: str, alias: str) -> tuple[type[Exception], str] | None:
    if not apps.models_ready or not _is_on_the_map(alias):
        return None
    models = [_owners()[name] for name in dict.fromkeys(tables_in(sql)) if name in _owners()]
    strangers = [model for model in models if not reads_from(model, alias)]
    if not strangers:
        return None
    residents = [model for model in models if model not in strangers]
    stranger = strangers[0]
    lives = f"{stranger._meta.label}, which lives in {in_words(home_of(stranger))}"
    if residents:
        return CrossPartitionJoin, (
            f"A query in {alias!r} joins {residents[0]._meta.label} with {lives}: no database can. Ask "
            f"{stranger.__name__} for its keys first and filter by them, or attach() its rows afterwards."
        )
    return NotAtHome, (
        f"A statement on {lives}, was sent to {alias!r}: leave out using(), or name its own database."
    )


_kept_fault = lru_cache(KEPT_TEXTS)(_fault)

_NAME = r'(?:[\w$]+|"[^"]+"|`[^`]+`)'
_TABLE = rf"(?:ONLY\s+)?{_NAME}(?:\.{_NAME})?"
_ALIAS = rf"(?:\s+AS\s+{_NAME}|\s+(?!(?:WHERE|JOIN|ON|SET|ORDER|GROUP|LIMIT|USING)\b)[A-Z][\w$]*)?"
_LITERALS = re.compile(r"'(?:[^']|'')*'")
_PLACES = re.compile(
    rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|USING)\s+({_TABLE}{_ALIAS}(?:\s*,\s*{_TABLE}{_ALIAS})*)",
    re.IGNORECASE,
)


def tables_in(sql: str) -> Iterator[str]:
    """The names that stand where SQL has its tables, without quotes and schema; some may be no tables."""
    for place in _PLACES.finditer(_LITERALS.sub("''", sql)):
        for named in place[1].split(","):
            words = re.findall(_NAME, named.split(" AS ")[0].strip().removeprefix("ONLY "))
            yield from (word.strip('"`') for word in words[:2])


@cache
def _owners() -> Mapping[str, type[Model]]:
    models = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    return {
        re.findall(_NAME, model._meta.db_table)[-1].strip('"`'): model for model in models if _has_home(model)
    }


def _has_home(model: type[Model]) -> bool:
    label, homes = model._meta.app_label, declared()
    return label in homes or model._meta.label_lower in homes


@cache
def _is_on_the_map(alias: str) -> bool:
    """Whether the map speaks of a database; of others, such as an old one that is imported from, nothing is known."""
    named = {*headroom().homes.values(), *headroom().slots} - {PARTITIONED, EVERYWHERE}
    return primary_of(alias) in named


def _watch(connection: Any, **_: Any) -> None:
    # First in the list, not last: Django's execute_wrapper() takes away the last when it ends.
    if headroom().homes and refuse_foreign_tables not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, refuse_foreign_tables)


def _forget(*, setting: str, **_: Any) -> None:
    if setting in ("HEADROOM", "INSTALLED_APPS"):
        for each in (_kept_fault, _owners, _is_on_the_map):
            each.cache_clear()


connection_created.connect(_watch)
setting_changed.connect(_forget)
