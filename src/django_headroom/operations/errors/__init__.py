"""Errors gathered by kind: every one is counted, and of each kind a few are kept whole."""
