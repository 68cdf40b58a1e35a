"""Which errors are alike: those whose exceptions, and whose lines of our own code, are the same.

Neither numbers of lines nor values count, so that a kind outlives edits above it and has one row for all its ids.
"""

import hashlib
import linecache
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, TracebackType
from typing import Any

from django_headroom.conf import headroom

VERSION = "1"  # of what goes into a fingerprint; another one begins new groups
MOST_EXCEPTIONS = 10
MOST_FRAMES = 200
KINDS_REMEMBERED = 4_096

_LIBRARIES = tuple({sysconfig.get_path(each) for each in ("stdlib", "platstdlib", "purelib", "platlib")})

# A frame as far as it counts: its module, its code, the line that it was at.
Place = tuple[str, CodeType, int]


@dataclass(frozen=True)
class Kind:
    """What makes an error one of its kind, and what the kind is called."""

    fingerprint: str
    title: str
    culprit: str


def kind_of(error: BaseException) -> Kind:
    """The kind of an exception; it costs some microseconds, for each kind is worked out once.

    >>> try:
    ...     int("seven")
    ... except ValueError as error:
    ...     kind_of(error).title
    'ValueError'
    """
    return _kind(
        tuple((type(each), tuple(_places(each.__traceback__))) for each in chain_of(error)),
        headroom().errors_own,
    )


def kind_of_event(event: Mapping[str, Any]) -> Kind:
    """The kind of an event of the Sentry protocol, which another program may have sent."""
    values: Sequence[Mapping[str, Any]] = [each for each in _values(event) if isinstance(each, Mapping)]
    named = [str(each) for each in event.get("fingerprint") or () if isinstance(each, str | int)]
    if not values:
        title, culprit = _told_title(event), str(event.get("logger") or event.get("transaction") or "")
        return Kind(_digest(named or ["message", culprit, title]), title[:200], culprit[:300])
    parts, culprit = [], ""
    for value in reversed(values):  # the protocol has the cause first
        frames = [
            each for each in (value.get("stacktrace") or {}).get("frames") or () if isinstance(each, Mapping)
        ]
        ours = [each for each in frames if each.get("in_app")] or frames[-1:]
        lines = [
            f"{each.get('module')}.{each.get('function')}: {_plain(each.get('context_line'))}"
            for each in ours
        ]
        parts += [f"{value.get('module')}.{value.get('type')}", *dict.fromkeys(lines)]
        culprit = culprit or (f"{ours[-1].get('module')}.{ours[-1].get('function')}" if ours else "")
    chosen = [part for each in named for part in (parts if each == "{{ default }}" else [each])]
    return Kind(_digest(chosen or parts), str(values[-1].get("type"))[:200], culprit[:300])


def chain_of(error: BaseException) -> list[BaseException]:
    """An exception and what led to it, the last first; one that leads to itself ends the chain."""
    found: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting and len(found) < MOST_EXCEPTIONS:
        each = waiting.pop(0)
        if any(each is other for other in found):
            continue
        found.append(each)
        cause = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        waiting += [cause] if cause is not None else []
        waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
    return found


def is_ours(module: str, filename: str) -> bool:
    """Whether code is the project's own: named in ``ERRORS_OWN``, or neither installed nor Python's."""
    return _is_ours(module, filename, headroom().errors_own)


def _places(traceback: TracebackType | None) -> Iterator[Place]:
    passed = 0
    while traceback is not None and passed < MOST_FRAMES:
        frame = traceback.tb_frame
        yield frame.f_globals.get("__name__") or "", frame.f_code, traceback.tb_lineno
        traceback, passed = traceback.tb_next, passed + 1


@lru_cache(KINDS_REMEMBERED)
def _kind(chain: tuple[tuple[type[BaseException], tuple[Place, ...]], ...], own: tuple[str, ...]) -> Kind:
    parts, culprit = [], ""
    for exception, places in chain:
        ours = [each for each in places if _is_ours(each[0], each[1].co_filename, own)] or list(places[-1:])
        # Once each: how deep a function has called itself makes no other kind.
        lines = [f"{module}.{code.co_qualname}: {_line(code, number)}" for module, code, number in ours]
        parts += [f"{exception.__module__}.{exception.__qualname__}", *dict.fromkeys(lines)]
        if ours and not culprit:
            culprit = f"{ours[-1][0]}.{ours[-1][1].co_qualname}"
    return Kind(_digest(parts), chain[0][0].__qualname__[:200], culprit[:300])


@lru_cache(KINDS_REMEMBERED)
def _is_ours(module: str, filename: str, own: tuple[str, ...]) -> bool:
    if any(module == name or module.startswith(f"{name}.") for name in own):
        return True
    is_installed = (
        filename.startswith(_LIBRARIES) or "site-packages" in filename or "dist-packages" in filename
    )
    return not (filename.startswith("<frozen") or is_installed)


def _line(code: CodeType, number: int) -> str:
    return _plain(linecache.getline(code.co_filename, number))


def _plain(line: Any) -> str:
    """A line without its indentation and doubled spaces: moved into a block it is the same."""
    return " ".join(str(line or "").split())


def _digest(parts: Sequence[str]) -> str:
    return f"{VERSION}:{hashlib.blake2b(chr(0).join(parts).encode('utf-8', 'replace'), digest_size=16).hexdigest()}"


def _values(event: Mapping[str, Any]) -> Sequence[Any]:
    held = event.get("exception") or ()
    values = held.get("values") if isinstance(held, Mapping) else held
    return values if isinstance(values, list) else ()


def _told_title(event: Mapping[str, Any]) -> str:
    entry = event.get("logentry") or event.get("message") or "Message"
    # The message before its values were put in, if it is there.
    return str(entry.get("message") or entry.get("formatted") if isinstance(entry, Mapping) else entry)
