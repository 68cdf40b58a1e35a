"""Importing what was said elsewhere into a forum.

Nothing is wiped, nobody is told, and a second run of the same file changes nothing.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from django.utils import timezone

from descant.discussion.models import Thread
from descant.exchange.arriving.asides import bring_asides
from descant.exchange.arriving.berth import Berth
from descant.exchange.arriving.categories import bring_categories
from descant.exchange.arriving.comments import bring_comments
from descant.exchange.arriving.people import bring_people
from descant.exchange.arriving.threads import bring_threads
from descant.exchange.models import ImportJob
from descant.exchange.native import FORMAT
from descant.exchange.progress import Progress, Unwatched
from descant.exchange.reading import disqus, native, wxr
from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.report import Report
from descant.exchange.sorting import arrivals
from descant.exchange.sorting.spool import Spool
from descant.exchange.stream import Choices, ImportRefused
from descant.forums.models import Forum
from descant.switches import is_on
from django_headroom.updates import change

# A format is a module with SOURCE, the name its old ids are kept under, and read(file, choices).
FORMATS: dict[str, ModuleType] = {"disqus": disqus, "wordpress": wxr, FORMAT: native}
TOUCH_EVERY = timedelta(seconds=1)
SILENT_FOR = timedelta(minutes=1)


def run_import(
    *,
    format: str,
    path: Path,
    forum: Forum,
    dry_run: bool = False,
    source_forum: str = "",
    apart: bool = False,
    pingbacks: bool = False,
    progress: Progress | None = None,
    job: ImportJob | None = None,
) -> Report:
    """Brings a file into a forum, whole: sorted first, then written in chunks, each exact in itself.

    Run again, also after a kill, it writes only what is not here yet. A dry run writes nothing and reports the same.

    Args:
        source_forum: the forum to take, of a file that has several.
        apart: keep threads apart that have one link; the first of them has it.
        pingbacks: take WordPress's pingbacks and trackbacks in as well.
        job: one that has waited for this; by default there is a new one.

    Raises:
        ImportRefused: the file cannot be read to its end, or operators have switched it off; nothing of it was written.
    """
    _refuse_what_cannot_be(format, path, forum)
    if not dry_run and is_on("read_only", forum=forum.name):
        raise ImportRefused("the forum is only read just now: see `descant switch list`")
    file, watched = Unpacked(path), progress or Unwatched()
    choices = _choices_of_ours(forum, file) if format == FORMAT else Choices(source_forum, apart, pingbacks)
    if dry_run:
        return _bring(file, forum, FORMATS[format], choices, Steps(watched, None))
    job = _start(job or ImportJob(forum=forum, format=format, file_name=path.name[:255]), file, choices)
    with _ending(job, watched):
        report = _bring(file, forum, FORMATS[format], choices, Steps(watched, job))
        ended: dict[str, Any] = {"state": ImportJob.State.FINISHED, "finished_at": timezone.now()}
        change(job, done=job.total, report=report.as_json(), **ended)
    return report


def _refuse_what_cannot_be(format: str, path: Path, forum: Forum) -> None:
    """Raises: ImportRefused"""
    if not is_on(f"import_{format}", forum=forum.name):
        raise ImportRefused(
            f"imports of the format {format} are switched off just now: see `descant switch list`"
        )
    if not path.is_file():
        raise ImportRefused(f"there is no file {path.name}")


class Steps:
    """Tells how far an import is: to whoever watches, and once a second to its job."""

    def __init__(self, watched: Progress, job: ImportJob | None) -> None:
        self.watched = watched
        self.job = job
        self._told_at = timezone.now()

    def begin(self, stage: str, total: int) -> None:
        self.watched.begin(stage, total)
        if self.job is not None:
            change(self.job, stage=stage, total=total, done=0, touched_at=timezone.now())

    def reach(self, done: int) -> None:
        self.watched.reach(done)
        now = timezone.now()
        if self.job is not None and now - self._told_at > TOUCH_EVERY:
            self._told_at = now
            change(self.job, done=done, touched_at=now)


def _bring(file: Unpacked, forum: Forum, read_format: ModuleType, choices: Choices, steps: Steps) -> Report:
    report = Report(dry_run=steps.job is None)
    with Spool(report, read_format.SOURCE) as spool:
        steps.begin("reading", file.size)
        file.watch(steps.reach)
        arrivals.sort(spool, read_format.read(file, choices), choices)
        berth = Berth(forum, read_format.SOURCE, spool, report, report.dry_run, steps.reach)
        berth.prepare()
        bring_people(berth)
        categories = bring_categories(berth)
        steps.begin("threads", spool.one("SELECT count(*) FROM thread WHERE main = seq"))
        bring_threads(berth, categories)
        steps.begin("comments", spool.one("SELECT count(*) FROM comment WHERE top IS NOT NULL"))
        bring_comments(berth)
        bring_asides(berth)
    steps.watched.end()
    return report


def _start(job: ImportJob, file: Unpacked, choices: Choices) -> ImportJob:
    now = timezone.now()
    # A job that says nothing for so long was killed.
    silent = ImportJob.objects.filter(
        forum=job.forum_id, state=ImportJob.State.RUNNING, touched_at__lt=now - SILENT_FOR
    )
    silent.update(state=ImportJob.State.STOPPED)
    columns: dict[str, Any] = {
        "source_forum": choices.source_forum[:200],
        "file_size": file.size,
        "file_digest": _digest(file),
        "state": ImportJob.State.RUNNING,
        "touched_at": now,
    }
    if job.pk:
        change(job, **columns)
    else:
        for column, value in columns.items():
            setattr(job, column, value)
        job.save(force_insert=True)
    return job


def _choices_of_ours(forum: Forum, file: Unpacked) -> Choices:
    """Into an empty forum, for what was decided elsewhere is not mixed with what was here; the same file may go on."""
    begun = ImportJob.objects.exclude(state=ImportJob.State.WAITING)
    was_begun = begun.filter(forum=forum, file_digest=_digest(file)).exists()
    if not was_begun and Thread.objects.of(forum).exists():
        raise ImportRefused(
            f"the forum {forum} has threads: this format is read into an empty forum, open another"
        )
    # Threads that have left as two arrive as two, whatever their pages say.
    return Choices(apart=True)


def _digest(file: Unpacked) -> str:
    with file.path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _ending(job: ImportJob, watched: Progress) -> Iterator[None]:
    """However an import ends, short of being killed, its job says so."""
    try:
        yield
    except ImportRefused as refused:
        change(job, state=ImportJob.State.REFUSED, refusal=str(refused)[:500], finished_at=timezone.now())
        raise
    finally:
        watched.end()
        if job.state == ImportJob.State.RUNNING:
            change(job, state=ImportJob.State.STOPPED)
