"""The process's own store: on cache servers, where the project names some, else in a file of this machine."""

import os
import tempfile
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from django_headroom.caching.embedded import Embedded
from django_headroom.caching.held import ABSENT, Held, Store
from django_headroom.caching.memcached import Patience, Pool
from django_headroom.conf import headroom

__all__ = ["ABSENT", "Held", "Store", "folder", "store"]


def store() -> Store:
    """The store of this process, by ``HEADROOM["CACHE"]``: the nodes named there, or without any the embedded one.

    Raises:
        WrongAddress: a node cannot be read; ``manage.py check`` says the same.

    >>> store().put("page:7", b"...", seconds=60)
    True
    """
    return _begun()


def folder() -> Path:
    """Where the embedded store lies: by default, among the temporary files, in a folder of this user and project."""
    if written := headroom().cache_folder:
        return Path(written)
    project = blake2b(f"{settings.SETTINGS_MODULE} {Path.cwd()}".encode(), digest_size=6).hexdigest()
    return Path(tempfile.gettempdir(), f"headroom-{os.geteuid()}-{project}")


@cache
def _begun() -> Pool | Embedded:
    given = headroom()
    if given.cache:
        patience = Patience(given.cache_seconds, given.cache_look_seconds, given.cache_links)
        return Pool(given.cache, patience, given.cache_value_bytes)
    return Embedded(
        folder(),
        most_bytes=given.cache_bytes,
        most_bytes_of_one=given.cache_value_bytes,
        seconds=given.cache_seconds,
    )


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "HEADROOM" and _begun.cache_info().currsize:
        _begun().close()
        _begun.cache_clear()


setting_changed.connect(_forget)
