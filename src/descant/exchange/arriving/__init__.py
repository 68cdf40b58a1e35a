"""Writes what arrives into a forum: threads first, then their comments."""
