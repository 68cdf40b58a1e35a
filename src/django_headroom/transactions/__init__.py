"""The only door to a transaction, and what must not stand inside."""

from django_headroom.transactions.first_write import FirstWrite, on_first_write
from django_headroom.transactions.held import TransactionHeld, held_lines, outside_transaction
from django_headroom.transactions.one_state import one_state
from django_headroom.transactions.writing import SecondDatabase, after_commit, alias_of, note_write, writing

__all__ = [
    "FirstWrite",
    "SecondDatabase",
    "TransactionHeld",
    "after_commit",
    "alias_of",
    "held_lines",
    "note_write",
    "on_first_write",
    "one_state",
    "outside_transaction",
    "writing",
]
