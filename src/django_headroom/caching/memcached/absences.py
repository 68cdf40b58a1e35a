"""A node that is away: what was changed elsewhere meanwhile, and when somebody looks whether it answers again.

Why nothing stale is served by a node that comes back:

- While a node is away *for a process*, that process puts and drops its keys elsewhere. What the node still holds of
  those is stale, and nothing else is: for whom it was not away, the node had every change. So before the process
  changes a key it writes down which; and before it uses the node again it takes these keys from it. It takes all, if
  they are too many to write down, or if the node was away for longer: others may have changed some, and ended since.
- Each process that missed the node does so when the node comes back *to it*, at its own moment. Till then it may have
  changed keys elsewhere; once the last one has cleaned, the node holds nothing older than what any of them changed.
- What a hung node had been told before it was given up, it may do as it wakes, even for connections that are closed. So
  a node must answer twice, some time apart, before it is cleaned; and a connection is given up by a reset, so that this
  machine delivers nothing of it later.
- What lies elsewhere does so for a short time, and a node that falls silent again before that is over is not stood in
  for: its keys are misses. So nobody finds there what was put during the absence before.

What this cannot cure: processes that disagree about a node see different values while they do; and what a process
changed that is killed during a short absence, which it alone had noticed, is not taken back. Values that must not be
old bear versions.
"""

from dataclasses import dataclass, field

MOST_WRITTEN_DOWN = 10_000
SOON = 0.1
"""The first look, and the second one after an answer, as a part of the time between later ones."""


@dataclass
class Absence:
    """One absence of one node, as one process sees it; its node's lock is held."""

    wait: float
    next_look_at: float
    is_stood_in_for_from: float
    """When its keys begin to move to the others; till then they are misses."""
    is_long: bool = False
    has_answered: bool = False
    changed: set[bytes] = field(default_factory=set)
    is_all_changed: bool = False

    def change(self, key: bytes) -> None:
        """Write down that the node must not be asked for a key any more."""
        if len(self.changed) < MOST_WRITTEN_DOWN:
            self.changed.add(key)
        else:
            self.is_all_changed = True

    def must_be_emptied(self) -> bool:
        """Whether all must be taken from the node, and not only what was written down."""
        return self.is_long or self.is_all_changed

    def looked(self, now: float, longest: float, *, answered: bool) -> bool:
        """What a look has found; whether the node may return, once it is cleaned."""
        if answered and self.has_answered:
            return True
        if answered:
            self.wait = longest * SOON
        else:
            self.is_long = True
            self.wait = min(longest, self.wait * 2)
        self.has_answered = answered
        self.next_look_at = now + self.wait
        return False
