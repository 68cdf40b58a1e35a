"""Rows that pass once and are not kept: ``SkinnyQuerySet``; and ``range_iter()``, which walks a table by its key."""

from django_headroom.skinny.keys import WalkRefused
from django_headroom.skinny.passing import QuerySetDoubleIteration, SkinnyQuerySet, skinny
from django_headroom.skinny.walking import Walk, copies_near, range_iter

__all__ = [
    "QuerySetDoubleIteration",
    "SkinnyQuerySet",
    "Walk",
    "WalkRefused",
    "copies_near",
    "range_iter",
    "skinny",
]
