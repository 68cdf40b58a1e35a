"""Exporting a forum into a file: whole, or not at all."""

import gzip
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from descant.discussion.models import Comment, Thread
from descant.exchange.leaving import disqus, native, one_file, wxr
from descant.exchange.leaving.wanted import Wanted
from descant.exchange.progress import Progress, Unwatched
from descant.forums.models import Forum
from django_headroom.transactions import one_state

# A format is a module with ENDING, by which its files are known, and write(wanted), the text or the bytes in pieces.
FORMATS: dict[str, ModuleType] = {"disqus": disqus, "wxr": wxr, "native": native, "sqlite": one_file}


class ExportRefused(Exception):
    """Nothing was written; the message says what to do."""


def run_export(
    *,
    format: str,
    forum: Forum,
    path: Path,
    personal: bool = False,
    packed: bool | None = None,
    progress: Progress | None = None,
) -> int:
    """Writes a forum into a file, as it is at one moment; readers and writers go on meanwhile.

    The file is written beside its place and moved there at the end, so what stands there is whole.

    Args:
        personal: e-mail addresses, and what stands for network addresses, go along.
        packed: whether by gzip; by default if the name ends in ``.gz``.

    Returns:
        How many rows were written.

    Raises:
        ExportRefused: the file cannot be written there.
    """
    watched = progress or Unwatched()
    packed = path.suffix == ".gz" if packed is None else packed
    with one_state(forum.partition) as alias, one_state("default"), written_whole(path) as file:
        watched.begin("rows", _count(alias, forum))
        wanted = Wanted(forum, alias, personal, watched.reach)
        try:
            with _packing(file) if packed else nullcontext(file) as written:
                for piece in FORMATS[format].write(wanted):
                    written.write(piece if isinstance(piece, bytes) else piece.encode())
        finally:
            watched.end()
    return wanted.done


def file_name(forum: Forum, format: str, *, packed: bool = True) -> str:
    """What a file of an export is called."""
    return f"{forum.name}.{FORMATS[format].ENDING}{'.gz' if packed else ''}"


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file beside the place, for its owner's eyes alone, that is moved there when all is written.

    Nobody can guess its name and lay something there before, not even a link that leads elsewhere.
    """
    beside = Path(f"{path}.{secrets.token_hex(8)}-part")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise ExportRefused(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        beside.unlink(missing_ok=True)


def _packing(file: BinaryIO) -> gzip.GzipFile:
    """Without the time and the name, so that one state gives one file."""
    return gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0)


def _count(alias: str, forum: Forum) -> int:
    return sum(model.objects.using(alias).filter(forum_id=forum.pk).count() for model in (Thread, Comment))
