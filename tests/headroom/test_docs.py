"""The examples of the toolkit's pages run, and each page names what its module offers and refuses."""

import ast
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, migrations, models, router, transaction
from django.db.models import F
from django.db.models.signals import post_save
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_headroom.delayed import signals
from django_headroom.ids import WriteIdentity, WriteSlot, WriteTimeline, WrongSlot
from django_headroom.operations.switches import declaring, knowing
from django_headroom.testing import queries_counted, query_budget
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item, Line, Loaf, Sale, Shelf, Ticket
from tests.headroom.market.people.models import Baker, Person, Review
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

ROOT = Path(__file__).resolve().parents[2]
PAGES_FOLDER = ROOT / "docs/toolkit"
PAGES = sorted(path for path in PAGES_FOLDER.rglob("*.md") if path.name != "README.md")
TOOLKIT = ROOT / "src/django_headroom"
# Where a page's module lists its own in one place, that place; else the files whose public names it is to tell of.
MODULES = {
    "chains": ["updates/chains"],
    "conf": ["conf"],
    "counters": ["counters/hourly", "counters/kinds", "counters/models"],
    "delayed": ["delayed/signals", "delayed/models", "delayed/worker"],
    "errors": [
        f"operations/errors/{each}"
        for each in ("capturing", "judging", "telling", "trimming", "travelling/receiving")
    ],
    "fetch": ["caching/fetching", "caching/filling"],
    "hoard": ["caching/hoard"],
    "homes": ["homes/__init__"],
    "identity": ["identity/mapping", "identity/mapped"],
    "ids": ["ids/__init__"],
    "joins": ["joins/far_keys", "joins/attaching", "joins/orphans"],
    "partitions": ["partitions/__init__"],
    "patience": ["connections/patience/__init__"],
    "performance": [
        "operations/performance/__init__",
        "operations/performance/histograms",
        "operations/performance/indexes/__init__",
        "operations/performance/keeping",
        "operations/performance/slow",
    ],
    "opentelemetry": ["operations/exporting/opentelemetry", "operations/exporting/logs"],
    "pool": ["caching/memcached/__init__", "caching/memcached/addresses", "caching/memcached/hashing"],
    "pooling": ["connections/pooling"],
    "prometheus": ["operations/exporting/folder", "operations/exporting/serving"],
    "queued_sqlite": [],
    "replicas": ["replicas/__init__"],
    "rows": ["caching/rows/__init__"],
    "slots": ["caching/slots"],
    "skinny": ["skinny/__init__"],
    "stores": ["caching/stores", "caching/held", "caching/checks", "caching/embedded/__init__"],
    "switches": [
        f"operations/switches/{module}" for module in ("__init__", "turning", "listening", "openfeature")
    ],
    "testing": ["testing/__init__"],
    "transactions": ["transactions/writing", "transactions/guarding", "transactions/first_write"],
    "updates": ["updates/changing", "updates/saving", "updates/stepping"],
}

IN_THE_EXAMPLES = [
    Item,
    Line,
    Loaf,
    Sale,
    Shelf,
    Ticket,
    Baker,
    Person,
    Review,
    Shop,
    Path,
    ImproperlyConfigured,
    CaptureQueriesContext,
    F,
]
IN_THE_EXAMPLES += [
    LocMemCache,
    WriteIdentity,
    WriteSlot,
    WriteTimeline,
    WrongSlot,
    override_settings,
    queries_counted,
    query_budget,
    writing,
]
MODULES_IN_THE_EXAMPLES = {
    "pytest": pytest,
    "crc32": crc32,
    "sqlite3": sqlite3,
    "tempfile": tempfile,
    "time": time,
    "settings": settings,
    "connection": connection,
    "connections": connections,
    "migrations": migrations,
    "models": models,
    "router": router,
    "transaction": transaction,
    "post_save": post_save,
}


@pytest.fixture
def names(bakery: Shop, butcher: Shop, ann: Person) -> Iterator[dict[str, Any]]:
    declared = dict(signals._signals)
    bo = Baker.objects.create(name="Bo")
    cast = {"bakery": bakery, "butcher": butcher, "ann": ann, "bo": bo}
    switches_declared = dict(declaring._declared)
    yield {**MODULES_IN_THE_EXAMPLES, **{each.__name__: each for each in IN_THE_EXAMPLES}, **cast}
    signals._signals.clear()
    signals._signals.update(declared)
    declaring._declared.clear()
    declaring._declared.update(switches_declared)
    knowing.forget()
    for alias in ("p1", "p2"):  # it is no model's, so that Django does not empty it
        with connections[alias].cursor() as cursor:
            cursor.execute("DELETE FROM headroom_departed")


@pytest.mark.django_db(databases=[*DATABASES, "p1_replica", "p1_second"], transaction=True)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_run(page: Path, names: dict[str, Any]) -> None:
    blocks = list(examples(page.read_text(encoding="utf-8")))
    assert len(blocks) >= 2, "the problem, and the cure"
    for line, block in blocks:
        # Blank lines in front, so that a traceback names the line of the page.
        exec(compile("\n" * line + block, str(page), "exec"), names)


def examples(text: str) -> Iterator[tuple[int, str]]:
    for found in re.finditer(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, found.start(1)), found[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_all_that_its_module_offers(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    offered = [name for module in MODULES[page.stem] for name in public_names(TOOLKIT / f"{module}.py")]
    missing = [name for name in offered if not re.search(rf"\b{name}\b", text)]
    assert not missing, f"{page.name} does not tell of {missing}"
    for part in ("## The problem", "## The cure", "## What it promises", "irst form|imits"):
        assert re.search(part, text)


def public_names(module: Path) -> Iterator[str]:
    """What a module defines, or what a folder lists as its own."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield from ast.literal_eval(node.value)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def test_every_module_has_its_page_and_the_index_leads_to_it() -> None:
    files = {path.stem for path in TOOLKIT.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in TOOLKIT.glob("*/__init__.py")}
    told = {PAGES_FOLDER.joinpath(page.relative_to(PAGES_FOLDER).parts[0]).stem for page in PAGES}
    assert told == files | folders
    index = (PAGES_FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"({page.relative_to(PAGES_FOLDER)})" in index for page in PAGES)
