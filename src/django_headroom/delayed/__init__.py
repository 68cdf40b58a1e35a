"""Signals that are *said* when the transaction commits and *heard* later by a worker (slides 31 and 32)."""
