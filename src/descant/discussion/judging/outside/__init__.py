"""Judges outside: asked by the worker, never while somebody waits, and decided by afterwards."""
