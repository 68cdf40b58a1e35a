"""A benchmark in parts: which are asked for, each measured by itself, and what is known told at the end."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.rig.reading.rounds import Book


def asked_for(known: Collection[str]) -> set[str]:
    """The parts that PART names; none if it names none."""
    asked = set((os.environ.get("PART") or os.environ.get("PARTS") or "").split())
    if unknown := asked - set(known):
        sys.exit(f"There is no part {', '.join(sorted(unknown))}.")
    return asked


def kept_book(results: Path, asked: Collection[str]) -> Book:
    """What is known already, if only some parts are measured anew."""
    return Book(json.loads(results.read_text()) if asked and results.exists() else {})


def keep(book: Book, results: Path) -> None:
    """Write down what is known so far."""
    results.write_text(json.dumps(book.figures, indent=1, sort_keys=True) + "\n")


def measure_part(name: str, whole: Book, part: Callable[[Book], None]) -> Book:
    """One part by itself; its figures are taken over, whatever becomes of the next."""
    own = Book()
    with the_failure_of(name, own):
        part(own)
    whole.take(own)
    return own


@contextmanager
def the_failure_of(name: str, book: Book) -> Iterator[None]:
    """… of a part stands in the book, and ends nothing but the part."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is
        traceback.print_exc()
        book.missing[name] = f"{type(error).__name__}: {error}"[:300]


def tell(book: Book) -> None:
    """Print what is known, and why the rest is not."""
    for name, value in sorted(book.figures.items()):
        if not name.endswith(("_least", "_most")):
            ends = [book.figures.get(f"{name}_{end}") for end in ("least", "most")]
            spread = f"   {ends[0]:,.2f} to {ends[1]:,.2f}" if None not in ends else ""
            print(f"{name:<50}{value:>14,.2f}{spread}")
    for name, reason in sorted(book.missing.items()):
        print(f"{name:<50}{'–':>14}   {reason}")
    sys.stdout.flush()
