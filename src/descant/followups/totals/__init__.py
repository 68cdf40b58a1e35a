"""Totals of forums and people, and the rows that they add up: one for each comment that everybody may read."""
