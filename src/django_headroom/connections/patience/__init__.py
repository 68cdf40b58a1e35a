"""Ending a statement that a server does not answer: one that hangs cannot be asked to stop, only be left.

A server that is stopped keeps its connections open and says nothing; its own ``statement_timeout`` is stopped with it,
and TCP sees nothing amiss. ``bounds`` says how long is waited, ``cutting`` ends what is late, ``silence`` spares the
others a server that was found silent.
"""

from django_headroom.connections.patience.bounds import AnsweredInTime, answered_within
from django_headroom.connections.patience.silence import OutOfReach, is_silent

__all__ = ["AnsweredInTime", "OutOfReach", "answered_within", "is_silent"]
