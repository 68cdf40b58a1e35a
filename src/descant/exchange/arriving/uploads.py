"""Files that owners have handed over by the web: read by a worker, and dropped when they are read, or never will be."""

import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.utils import timezone

from descant.discussion.deciding.carrying import KEPT, uploads_folder
from descant.discussion.signals import import_wanted
from descant.exchange.importing import run_import
from descant.exchange.models import ImportJob
from descant.exchange.stream import ImportRefused
from descant.forums.directory import GLOBAL, forum_with_id
from descant.switches import is_on
from django_headroom.delayed.jobs.scheduling import every
from django_headroom.delayed.receivers import Retry
from django_headroom.transactions import writing
from django_headroom.updates import change

ONLY_READ_FOR = timedelta(minutes=1)  # so long it waits before it is looked at again
DONE = (ImportJob.State.FINISHED, ImportJob.State.REFUSED)
ARRIVING_SECONDS = 3_600  # a file that nothing was added to for so long does not arrive any more
NEVER_READ = "it was not read within a week, and is here no more: hand it over again"


def connect() -> None:
    """Listen to owners who hand a file over."""
    terms = {"queue": "bulk", "channel": "files"}  # one may take hours
    import_wanted.connect(bring_upload, dispatch_uid="exchange.imports", retry=Retry(tries=3), **terms)


def bring_upload(data: dict[str, Any]) -> None:
    """Read the file; told twice, or after a worker was killed, it goes on: what is here is not written again.

    While the forum is only read it waits, and that counts as no try.
    """
    job = ImportJob.objects.exclude(state__in=DONE).filter(pk=data["job_id"]).first()
    if job is None:
        return
    path, forum = uploads_folder() / job.file, forum_with_id(job.forum_id)
    if is_on("read_only", forum=forum.name):
        _say_again(data)
        return
    try:
        run_import(format=job.format, path=path, forum=forum, job=job)
    except ImportRefused as refused:
        if job.state not in DONE:  # it was refused before it began
            state = ImportJob.State.REFUSED
            change(job, state=state, refusal=str(refused)[:500], finished_at=timezone.now())
    path.unlink(missing_ok=True)


@every(3_600, name="drop old uploads", limit=300)
def drop_old_uploads() -> None:
    """Files go that a killed process has left, and those whose event is dead and was not sent again within a week."""
    now = timezone.now()
    read_no_more = (
        ImportJob.objects.exclude(state__in=DONE).exclude(file="").filter(touched_at__lt=now - KEPT)
    )
    read_no_more.update(state=ImportJob.State.REFUSED, refusal=NEVER_READ, finished_at=now)
    kept = set(ImportJob.objects.exclude(state__in=DONE).values_list("file", flat=True))
    for path in uploads_folder().iterdir():
        with suppress(FileNotFoundError):  # it was renamed, or read to its end, meanwhile
            if path.name not in kept and path.stat().st_mtime < time.time() - ARRIVING_SECONDS:
                path.unlink()


def _say_again(data: dict[str, Any]) -> None:
    later = import_wanted.event(**data)
    later.due_at = timezone.now() + ONLY_READ_FOR
    with writing(GLOBAL):
        later.save(force_insert=True, using=GLOBAL)
