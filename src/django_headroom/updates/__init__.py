"""An UPDATE of what is named, and nothing else."""

from django_headroom.updates.changing import Conflict, NotAColumn, change, claim, post_update
from django_headroom.updates.rows import as_python
from django_headroom.updates.saving import BareSave, NoBareSave, refuse_bare_save
from django_headroom.updates.stepping import fields_to_insert, insert, step, values_to_insert

__all__ = [
    "BareSave",
    "Conflict",
    "NoBareSave",
    "NotAColumn",
    "as_python",
    "change",
    "claim",
    "fields_to_insert",
    "insert",
    "post_update",
    "refuse_bare_save",
    "step",
    "values_to_insert",
]
