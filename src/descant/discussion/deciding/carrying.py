"""A forum taken along, or brought in: owners ask for files, and hand some over; a worker makes and reads them."""

import hashlib
import os
import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import IntegrityError
from django.utils.translation import gettext as _

from descant.discussion import signals, text
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.posting import Refused
from descant.forums.models import Forum
from django_headroom.transactions import writing

GLOBAL = "default"
KEPT = timedelta(days=7)
TOLD = ".told"  # what the file is called, beside the other, that says how far that one is


class CannotCarry(Refused):
    code = "cannot_carry"


def ask_for_export(*, forum: Forum, by: Author, format: str, personal: bool = False) -> Any:
    """Have a file made of a forum, one at a time; asked for twice, it is made once.

    Args:
        personal: with e-mail addresses, and what stands for network addresses.

    Raises:
        NotAModerator, CannotCarry
    """
    check_may(by, "settings", forum)
    exports: Any = forum.exports
    if format not in exports.model.Format.values:
        raise CannotCarry(_("There is no such format."))
    try:
        with writing(GLOBAL):
            export = exports.create(
                by=by.user, format=format, personal=personal, file=secrets.token_urlsafe(32)
            )
            signals.export_wanted.say(at=GLOBAL, forum_id=forum.pk, export_id=export.pk)
    except IntegrityError:
        begun = exports.filter(state__in=("waiting", "running"), format=format, personal=personal).first()
        if begun is None:
            raise CannotCarry(_("Another file is being made: wait until it is done.")) from None
        return begun
    return export


def ask_for_import(*, forum: Forum, by: Author, format: str, upload: File) -> Any:
    """Have a file read into a forum: it is put aside, and a worker reads it; the same one that waits already is one.

    Raises:
        NotAModerator
    """
    check_may(by, "settings", forum)
    jobs: Any = forum.import_jobs
    digest = digest_of(upload)
    waiting = jobs.filter(state="waiting", format=format, file_digest=digest).first()
    if waiting is not None:
        return waiting
    columns = {"format": format, "state": "waiting", "file_digest": digest, "file_size": upload.size}
    columns |= {"file": _put_aside(upload), "file_name": text.one_line(str(upload.name or ""))[:255]}
    with writing(GLOBAL):
        job = jobs.create(**columns)
        signals.import_wanted.say(at=GLOBAL, forum_id=forum.pk, job_id=job.pk)
    return job


def digest_of(file: File) -> str:
    """SHA-256 of what stands in a file, which is read in pieces."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _put_aside(upload: File) -> str:
    """What the file is called here: nobody can guess it."""
    name = secrets.token_urlsafe(32)
    path = uploads_folder() / name
    if isinstance(upload, TemporaryUploadedFile):
        shutil.move(upload.temporary_file_path(), path)
        upload.close()
        return name
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.writelines(upload.chunks())
    return name


def exports_folder() -> Path:
    """Where the files are, for this program's eyes alone."""
    return _folder("exports")


def uploads_folder() -> Path:
    """Where files lie until they are read."""
    return _folder("imports")


def _folder(name: str) -> Path:
    folder = Path(settings.DESCANT_DATA) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def how_far(export: Any) -> tuple[int, int]:
    """How many rows of how many an export has; nothing of nothing before it has begun."""
    try:
        done, total = (exports_folder() / f"{export.file}{TOLD}").read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(done), int(total)


def opened_export(export: Any) -> BinaryIO:
    """The file of an export, to be read.

    Raises:
        CannotCarry: it is not here.
    """
    try:
        return open(os.open(exports_folder() / export.file, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except OSError:
        raise CannotCarry(_("The file is not here any more: have another made.")) from None
