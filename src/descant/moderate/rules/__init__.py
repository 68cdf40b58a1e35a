"""Rules at the moderators' desk: read, written, tried on what was said before, switched on and off, ended."""
