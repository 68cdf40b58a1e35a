"""Rules on what was said before: the same text lately, and texts that are alike, on the forum or on all."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from descant.discussion.judging.likeness.finding import clusters_like
from descant.discussion.judging.likeness.prints import digest_of, print_of
from descant.discussion.judging.rules.subjects import BadRule, Finding, Said, Subject, number_in
from descant.forums.models import Fingerprint
from django_headroom.replicas import read

GLOBAL = "default"
HOURS_MOST = 24 * 7
WHERE = ("forum", "network")


@dataclass(frozen=True)
class Double:
    """The same text, as it looks; short ones many people say."""

    asks: ClassVar[bool] = True
    hours: int
    network: bool

    def find(self, subject: Subject) -> Finding | None:
        digest = digest_of(subject.text)
        if digest is None:
            return None
        since = subject.at - timedelta(hours=self.hours)

        def reading(alias: str) -> int | None:
            rows = Fingerprint.objects.using(alias).filter(digest=digest, seen_at__gte=since)
            rows = rows if self.network else rows.filter(forum_id=subject.forum_id)
            ids = rows.exclude(comment_id=subject.comment_id).values_list("comment_id", flat=True)
            found: int | None = ids.order_by("-seen_at", "-id").first()
            return found

        met = read(GLOBAL, reading, own=False)
        return None if met is None else Finding(str(met), more={"comment": str(met)})


@dataclass(frozen=True)
class Many:
    """As many texts alike as a number, this one included."""

    asks: ClassVar[bool] = True
    comments: int
    hours: int
    network: bool

    def find(self, subject: Subject) -> Finding | None:
        mark = print_of(subject.text)
        if not mark.bands:
            return None
        since = subject.at - timedelta(hours=self.hours)

        def reading(alias: str) -> tuple[int, int]:
            clusters = clusters_like(mark, alias=alias, since=since, but=subject.comment_id)
            rows = Fingerprint.objects.using(alias).filter(cluster__in=clusters, seen_at__gte=since)
            rows = rows if self.network else rows.filter(forum_id=subject.forum_id)
            rows = rows.exclude(comment_id=subject.comment_id)
            return len(rows.values_list("pk")[: self.comments]), min(clusters, default=0)

        before, cluster = read(GLOBAL, reading, own=False)
        if before + 1 < self.comments:
            return None
        return Finding(str(before + 1), more={"flood": str(cluster)})


def compile_double(said: Said) -> Double:
    return Double(number_in(said, "hours", least=1, most=HOURS_MOST, default=24), _is_network(said))


def compile_alike(said: Said) -> Many:
    comments = number_in(said, "comments", least=2, most=1_000, default=3)
    return Many(comments, number_in(said, "hours", least=1, most=HOURS_MOST, default=24), _is_network(said))


def _is_network(said: Said) -> bool:
    where = said.get("where", WHERE[1])
    if where not in WHERE:
        raise BadRule(_("Say where: on this “forum” or on the whole “network”."), "where")
    return bool(where == WHERE[1])
