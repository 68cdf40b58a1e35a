"""Rows that pass once and are not kept, tables that are walked by their key, and rows of a few columns."""

from django_headroom.skinny.columns import Columns
from django_headroom.skinny.keys import WalkRefused
from django_headroom.skinny.passing import QuerySetDoubleIteration, SkinnyQuerySet, skinny
from django_headroom.skinny.walking import Walk, copies_near, range_iter

__all__ = [
    "Columns",
    "QuerySetDoubleIteration",
    "SkinnyQuerySet",
    "Walk",
    "WalkRefused",
    "copies_near",
    "range_iter",
    "skinny",
]
