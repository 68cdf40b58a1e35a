"""A row that belongs to a forum, in the partition of that forum."""

from typing import ClassVar

from django_headroom.identity import Mapped, MappedQuerySet
from django_headroom.joins import FarKey
from django_headroom.partitions import Partitioned, PartitionedQuerySet


class OfForumQuerySet(MappedQuerySet, PartitionedQuerySet):  # type: ignore[override]  # of as_manager()
    """Rows of a forum."""


class OfForum(Mapped, Partitioned):
    """A row that belongs to a forum."""

    partition_key: ClassVar[str] = "forum_id"

    forum = FarKey("forums.Forum")
    forum_id: int

    objects: ClassVar = OfForumQuerySet.as_manager()  # type: ignore[assignment]  # narrower than Partitioned's

    class Meta:
        abstract = True
