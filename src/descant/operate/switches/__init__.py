"""Switches for operators: a command, and pages that say what is on and for whom."""
