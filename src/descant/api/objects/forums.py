"""Forums, and what belongs to one, as the API tells them."""

from typing import Any

from descant.api.objects.moments import moment
from descant.api.objects.shapes import Category, Export, Import
from descant.api.objects.shapes import Forum as Told
from descant.discussion.deciding.carrying import how_far
from descant.forums.models import Category as Row
from descant.forums.models import Forum, Premoderation

_GUESTS_WAIT = (Premoderation.GUESTS, Premoderation.EVERYBODY)


def forum_object(forum: Forum) -> Told:
    """A forum; its domains must be loaded."""
    hosts = [domain.host for domain in forum.domains.all() if "*" not in domain.host]
    return {
        "id": forum.name,
        "pk": str(forum.pk),
        "name": forum.title,
        "url": f"https://{hosts[0]}/" if hosts else "",
        "language": forum.language,
        "founder": None,
        "createdAt": moment(forum.opened_at),
        "category": str(forum.pk),
        "settings": {
            "allowAnonPost": forum.guests_may_post,
            "mustVerify": forum.premoderation in _GUESTS_WAIT,
        },
    }


def category_object(category: Row, forum: Forum) -> Category:
    """A part of a forum."""
    return {
        "id": str(category.pk),
        "forum": forum.name,
        "title": category.title,
        "order": category.place,
        "isDefault": category.is_general,
    }


def import_object(job: Any, forum: Forum) -> Import:
    """One run of an import."""
    return {
        "id": str(job.pk),
        "forum": forum.name,
        "format": job.format,
        "fileName": job.file_name,
        "state": str(job.state),
        "done": job.done,
        "total": job.total,
        "refusal": job.refusal,
        "startedAt": moment(job.started_at),
        "finishedAt": moment(job.finished_at) if job.finished_at else None,
    }


def export_object(export: Any, forum: Forum) -> Export:
    """A file that is made of a forum."""
    done, total = how_far(export) if export.state == "running" else (export.rows, export.rows)
    return {
        "id": str(export.pk),
        "forum": forum.name,
        "format": export.format,
        "personal": export.personal,
        "state": str(export.state),
        "done": done,
        "total": total,
        "fileName": export.file_name,
        "size": export.size,
        "refusal": export.refusal,
        "url": f"/f/{forum.name}/settings/exports/",
        "createdAt": moment(export.asked_at),
        "finishedAt": moment(export.finished_at) if export.finished_at else None,
    }
