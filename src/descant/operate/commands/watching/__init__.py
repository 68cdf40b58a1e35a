"""The commands that say what is slow, and what is not as it should be."""
