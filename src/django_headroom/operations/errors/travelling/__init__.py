"""Errors on their way: in batches, from other programs, to another server."""
