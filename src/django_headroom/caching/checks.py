"""System checks: nodes that can be read, bounds that mean something, and a folder that is ours."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core import checks

from django_headroom.caching.memcached.addresses import WrongAddress, addresses
from django_headroom.caching.stores import folder
from django_headroom.conf import headroom

LEAST_BYTES = 1_048_576


@checks.register("headroom")
def check_caching(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """What ``HEADROOM["CACHE"]`` and its bounds lack."""
    return [*_of_the_nodes(), *_of_the_bounds(), *_of_the_folder()]


def _of_the_nodes() -> Iterator[checks.CheckMessage]:
    given = headroom()
    if isinstance(given.cache, str):
        yield _error(1, f"HEADROOM['CACHE'] is the text {given.cache!r}.", "Write a list of nodes.")
        return
    try:
        addresses(given.cache)
    except WrongAddress as wrong:
        yield _error(1, f"HEADROOM['CACHE'] cannot be read. {wrong}", "CACHE = ['a=10.0.0.5:11211', …]")


def _of_the_bounds() -> Iterator[checks.CheckMessage]:
    given = headroom()
    for name in ("cache_seconds", "cache_look_seconds", "cache_links", "cache_value_bytes"):
        if getattr(given, name) <= 0:
            yield _error(
                2,
                f"HEADROOM[{name.upper()!r}] is {getattr(given, name)}: nothing could ever be kept.",
                "Write more than nothing, or leave it out.",
            )
    if not given.cache and given.cache_bytes < LEAST_BYTES:
        yield _error(
            2,
            f"HEADROOM['CACHE_BYTES'] is {given.cache_bytes}: no file of that size holds anything.",
            f"Write at least {LEAST_BYTES:_}.",
        )
    if given.cache_look_seconds <= 2 * given.cache_seconds:
        yield checks.Warning(
            f"HEADROOM['CACHE_LOOK_SECONDS'] is {given.cache_look_seconds:g}, and a look may take "
            f"{given.cache_seconds:g} seconds: a node that hangs would be asked without a pause.",
            hint="Make the pause much longer than CACHE_SECONDS.",
            id="headroom.W503",
        )


def _of_the_folder() -> Iterator[checks.CheckMessage]:
    if headroom().cache:
        return
    place = folder()
    if place.is_symlink() or (place.exists() and not _is_ours(place)):
        yield _error(
            4,
            f"The embedded cache would lie in {place}, which is another user's, or others may write there.",
            f"chown and chmod 700 {place}, or set HEADROOM['CACHE_FOLDER'] to a folder of our own.",
        )


def _is_ours(place: Path) -> bool:
    found = place.stat()
    return place.is_dir() and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _error(number: int, text: str, cure: str) -> checks.Error:
    return checks.Error(text, hint=cure, id=f"headroom.E50{number}")
