"""Ids unique over all partitions: each database starts at its slot and steps by 1,024; no clock, nobody to ask."""

from django_headroom.ids.finding import UnknownSlot, birthplace, find, leave_word
from django_headroom.ids.operations import WriteIdentity, WriteLedger, WriteSlot, WriteTimeline
from django_headroom.ids.restoring import NoTimeline, epoch, raise_epoch, skip_ahead, skip_ahead_if_promoted
from django_headroom.ids.slots import STEP, SlotTaken, WrongSlot, check_slot_is_free, check_slots
from django_headroom.ids.stepping import BLOCK, SteppingAutoField, fill, go_beyond, next_id, take

__all__ = [
    "BLOCK",
    "STEP",
    "NoTimeline",
    "SlotTaken",
    "SteppingAutoField",
    "UnknownSlot",
    "WriteIdentity",
    "WriteLedger",
    "WriteSlot",
    "WriteTimeline",
    "WrongSlot",
    "birthplace",
    "check_slot_is_free",
    "check_slots",
    "epoch",
    "fill",
    "find",
    "go_beyond",
    "leave_word",
    "next_id",
    "raise_epoch",
    "skip_ahead",
    "skip_ahead_if_promoted",
    "take",
]
