"""Noting what a new comment is like, and folding those that are alike into one flood, on whatever forums they stand."""

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from descant.discussion.judging.likeness.finding import clusters_like
from descant.discussion.judging.likeness.prints import Print, print_of
from descant.discussion.models import Comment, Decision
from descant.forums.models import Fingerprint
from django_headroom.partitions import UnknownTenant
from django_headroom.transactions import writing

GLOBAL = "default"
FLOOD_LEAST = 3  # as many alike are one flood
KEPT = timedelta(days=7)
FOUND_BY_MOST = 20  # of a cluster, the first ones have bands to find it by: the ten-thousandth costs no more
TRIM_EVERY, TRIM_MOST = 128, 2_000
STEP = 500


def note_likeness(*, forum_id: int, comment_id: int) -> int | None:
    """Keep the fingerprint of a comment, as its text is now; may be told again, and in any order.

    Returns:
        The flood it is one of, or None.
    """
    rows = Comment.objects.of(forum_id).filter(pk=comment_id)
    comment = rows.only("forum_id", "text", "flood", "state").first()
    if comment is None:
        return None
    mark = print_of(comment.text)
    is_taken_back = comment.state == Comment.State.DELETED and not _is_decided(comment)
    kept = Fingerprint.objects.filter(comment_id=comment_id).first()
    if kept is not None and kept.digest == mark.digest and not is_taken_back:
        return _fold(kept.cluster)
    if kept is not None:
        _forget(comment)
    if not mark.bands or is_taken_back:
        return None
    return _fold(_keep(comment, mark))


def trim_prints(*, comment_id: int) -> int:
    """Now and then drop the fingerprints of more than some days ago, a step at a time.

    Args:
        comment_id: of the comment that was noted; every so many it is time.

    Returns:
        How many were dropped.
    """
    if (comment_id >> 10) % TRIM_EVERY:  # ids step by 1,024
        return 0
    old = Fingerprint.objects.filter(seen_at__lt=timezone.now() - KEPT)
    keys = list(old.values_list("pk", flat=True)[:TRIM_MOST])
    with writing(GLOBAL):
        return int(Fingerprint.objects.filter(pk__in=keys).delete()[0])


def _keep(comment: Comment, mark: Print) -> int:
    """Write the fingerprint down, in the cluster of what is alike; clusters that turn out to be one become one."""
    with writing(GLOBAL) as alias:
        since = timezone.now() - KEPT
        near = clusters_like(mark, alias=alias, since=since, but=comment.pk)
        cluster = min(near, default=comment.pk)
        if len(near) > 1:
            others = Fingerprint.objects.filter(cluster__in=[each for each in near if each != cluster])
            others.update(cluster=cluster, is_folded=False)
        row = Fingerprint(comment_id=comment.pk, forum_id=comment.forum_id, cluster=cluster)
        row.digest, row.signature = mark.digest, mark.signature
        if len(Fingerprint.objects.filter(cluster=cluster).values_list("pk")[:FOUND_BY_MOST]) < FOUND_BY_MOST:
            row.band_1, row.band_2, row.band_3, row.band_4, row.band_5 = mark.bands
        Fingerprint.objects.bulk_create([row], ignore_conflicts=True)
    return cluster


def _fold(cluster: int) -> int | None:
    """Let the comments of a cluster say that they are one flood, once it is large enough; those before as well."""
    rows = Fingerprint.objects.filter(cluster=cluster)
    if len(rows.values_list("pk")[:FLOOD_LEAST]) < FLOOD_LEAST:
        return None
    while left := list(rows.filter(is_folded=False).values_list("forum_id", "comment_id")[:STEP]):
        by_forum: dict[int, list[int]] = defaultdict(list)
        for forum_id, comment_id in left:
            by_forum[forum_id].append(comment_id)
        for forum_id, ids in by_forum.items():
            _tell(forum_id, ids, cluster)
        with writing(GLOBAL):
            rows.filter(comment_id__in=[comment_id for _forum, comment_id in left]).update(is_folded=True)
    return cluster


def _tell(forum_id: int, ids: list[int], cluster: int) -> None:
    with suppress(UnknownTenant):  # the forum is gone, and its comments with it
        Comment.objects.of(forum_id).filter(pk__in=ids).update(flood=cluster)


def _is_decided(comment: Comment) -> bool:
    """Whether a moderator has judged it: what she deletes of a flood goes on telling what is like it."""
    decisions = Decision.objects.of(comment.forum_id).filter(comment=comment.pk)
    return bool(decisions.exclude(by=None).exists())


def _forget(comment: Comment) -> None:
    """Its text is another one now, or its author has taken it back."""
    with writing(GLOBAL):
        Fingerprint.objects.filter(comment_id=comment.pk).delete()
    if comment.flood is not None:
        Comment.objects.of(comment.forum_id).filter(pk=comment.pk).update(flood=None)
