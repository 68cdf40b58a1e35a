"""A person as everybody may read her: what she wrote on the forums on which she agreed to be seen, the latest first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from descant.accounts.models import PROFILE_NAME, Profile
from descant.community.paging import page_of
from descant.discussion.models import Comment
from descant.discussion.reading.by_time import Moment
from descant.discussion.seeing import may_see
from descant.followups.models import Activity, PersonTotals
from descant.followups.totals.reading import totals_of_person
from descant.forums.directory import forums_with_ids
from descant.forums.models import Forum
from django_headroom import replicas
from django_headroom.joins import attach

Found: TypeAlias = tuple[Profile, list[Activity], str, PersonTotals | None]


@dataclass(frozen=True)
class Written:
    """One comment of hers, and where."""

    comment: Comment
    forum: Forum


@dataclass(frozen=True)
class Seen:
    """What a page of a profile shows."""

    profile: Profile
    lines: Sequence[Written]
    next_cursor: str
    totals: PersonTotals | None  # of who is seen everywhere: else they would tell of where she is not


def read_person(*, name: str, before: Moment | None) -> Seen | None:
    """A page of a profile; None for somebody who is not there, or does not want to be found.

    The rows of what she wrote stand in the global database, one for each public comment of an account; the comments
    are attached, one query for each partition that they stand in.
    """
    if not re.match(PROFILE_NAME, name):
        return None
    found = replicas.read("default", lambda alias: _activity(name, before, alias), own=False)
    if found is None:
        return None
    profile, rows, cut, totals = found
    forums = forums_with_ids({row.forum_id for row in rows})
    rows = [row for row in rows if row.forum_id in forums]
    attach(rows, "comment", "comment.thread", missing="none")
    lines = [
        Written(row.comment, forums[row.forum_id])
        for row in rows
        if row.comment is not None and may_see(row.comment, None) and row.comment.author_id == profile.user_id
    ]
    return Seen(profile, lines, cut, totals)


def _activity(name: str, before: Moment | None, alias: str) -> Found | None:
    found = Profile.objects.using(alias).filter(name=name, user__is_active=True)
    profile = found.exclude(scope=Profile.Scope.NOBODY).select_related("user").first()
    if profile is None:
        return None
    rows = Activity.objects.using(alias).filter(user_id=profile.user_id)
    totals = None
    if profile.scope == Profile.Scope.EVERYWHERE:
        totals = totals_of_person(profile.user_id, alias)
    else:
        agreed = profile.shown_on.using(alias).values_list("forum_id", flat=True)
        rows = rows.filter(forum_id__in=list(agreed))
    return profile, *page_of(rows, "posted_at", before), totals
