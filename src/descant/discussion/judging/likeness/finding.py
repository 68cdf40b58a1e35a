"""Looking up which comments are alike: those of the last days, over all forums, from a copy of the global database."""

from datetime import datetime

from django.db.models import Q

from descant.discussion.judging.likeness.prints import ALIKE, Print
from descant.forums.models import Fingerprint

LOOKED_AT_MOST = 200


def clusters_like(mark: Print, *, alias: str, since: datetime, but: int = 0) -> list[int]:
    """The clusters with a text like this one, the most alike first.

    Args:
        alias: the copy of the global database to ask.
        but: a comment that is left out, the one in question itself.
    """
    same = Q(digest=mark.digest)
    for number, band in enumerate(mark.bands, start=1):
        same |= Q(**{f"band_{number}": band})
    rows = Fingerprint.objects.using(alias).filter(same, seen_at__gte=since).exclude(comment_id=but)
    near: dict[int, float] = {}
    for digest, signature, cluster in rows.values_list("digest", "signature", "cluster")[:LOOKED_AT_MOST]:
        likeness = 1.0 if digest == mark.digest else mark.likeness(bytes(signature))
        if likeness >= ALIKE:
            near[cluster] = max(likeness, near.get(cluster, 0.0))
    return sorted(near, key=lambda cluster: (-near[cluster], cluster))
