"""Files that owners have asked for: made by a worker, and dropped when their time is over."""

import time
from pathlib import Path
from typing import Any

from django.utils import timezone

from descant.discussion.deciding.carrying import GLOBAL, KEPT, TOLD, exports_folder
from descant.discussion.signals import export_made, export_wanted
from descant.exchange.leaving.exporting import ExportRefused, file_name, run_export
from descant.exchange.models import Export
from descant.forums.directory import forum_with_id
from django_headroom.delayed.jobs.scheduling import every
from django_headroom.delayed.receivers import Retry
from django_headroom.transactions import writing
from django_headroom.updates import change, claim

State = Export.State
TOLD_SECONDS = 1.0
SILENT_SECONDS = 3_600  # one that says nothing for so long was stopped


def connect() -> None:
    """Listen to owners who ask for a file."""
    terms = {"queue": "bulk", "channel": "files"}  # one may take hours
    export_wanted.connect(make_export, dispatch_uid="exchange.exports", retry=Retry(tries=3), **terms)


def make_export(data: dict[str, Any]) -> None:
    """Make the file; told twice, or after a worker was killed, it is made anew unless it is there."""
    export = Export.objects.filter(pk=data["export_id"], state__in=(State.WAITING, State.RUNNING)).first()
    if export is None:
        return
    forum = forum_with_id(export.forum_id)
    change(export, state=State.RUNNING)
    path = exports_folder() / export.file
    options: dict[str, Any] = {"format": export.format, "personal": export.personal}
    try:
        rows = run_export(
            forum=forum,
            path=path,
            packed=True,
            progress=_Watching(path.with_name(f"{path.name}{TOLD}")),
            **options,
        )
    except ExportRefused as refused:
        change(export, state=State.STOPPED, refusal=str(refused)[:500], finished_at=timezone.now())
        return
    name = file_name(forum, export.format)
    done: dict[str, Any] = {
        "rows": rows,
        "size": path.stat().st_size,
        "file_name": name,
        "finished_at": timezone.now(),
    }
    with writing(GLOBAL):
        change(export, state=State.FINISHED, **done)
        if export.by_id is not None:
            export_made.say(at=GLOBAL, forum_id=forum.pk, export_id=export.pk, by_id=export.by_id)


@every(3_600, name="drop old exports", limit=300)
def drop_old_exports() -> None:
    """Files whose time is over go, and those of which nobody knows; what has stopped is told as such."""
    now = timezone.now()
    for export in Export.objects.filter(state=State.RUNNING):
        told = exports_folder() / f"{export.file}{TOLD}"
        if not told.exists() or told.stat().st_mtime < time.time() - SILENT_SECONDS:
            claim(export, when={"state": State.RUNNING}, state=State.STOPPED, finished_at=now)
    Export.objects.filter(state=State.FINISHED, finished_at__lt=now - KEPT).update(state=State.DROPPED)
    kept = Export.objects.filter(state__in=(State.WAITING, State.RUNNING, State.FINISHED))
    names = set(kept.values_list("file", flat=True))
    for path in exports_folder().iterdir():
        is_old = path.stat().st_mtime < time.time() - SILENT_SECONDS
        if path.name.partition(".")[0] not in names and is_old:
            path.unlink(missing_ok=True)


class _Watching:
    """Tells once a second how far an export is, beside its file: the database is read as of one moment meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path, self._total, self._told_at = path, 0, 0.0

    def begin(self, stage: str, total: int) -> None:
        self._total = total
        self._tell(0)

    def reach(self, done: int) -> None:
        if time.monotonic() - self._told_at > TOLD_SECONDS:
            self._tell(done)

    def end(self) -> None:
        self._path.unlink(missing_ok=True)

    def _tell(self, done: int) -> None:
        self._told_at = time.monotonic()
        self._path.write_text(f"{done} {self._total}")
