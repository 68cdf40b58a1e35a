"""Which database an application lives in (vertical partitioning), and the checks that nothing crosses."""

from django_headroom.homes.checks import check_homes
from django_headroom.homes.explaining import explain, explain_all
from django_headroom.homes.map import UnknownHome, home_of, lives_in, primary_of
from django_headroom.homes.statements import CrossPartitionJoin, NotAtHome, allowing_foreign_tables

__all__ = [
    "CrossPartitionJoin",
    "NotAtHome",
    "UnknownHome",
    "allowing_foreign_tables",
    "check_homes",
    "explain",
    "explain_all",
    "home_of",
    "lives_in",
    "primary_of",
]
