"""Rows of a model kept by their keys: many asked for at once, none kept that somebody has written meanwhile."""

from django_headroom.caching.rows.coding import NotKeepable
from django_headroom.caching.rows.hearing import NotHeard, RowsQuerySet
from django_headroom.caching.rows.keeping import RowsByKey

__all__ = ["NotHeard", "NotKeepable", "RowsByKey", "RowsQuerySet"]
