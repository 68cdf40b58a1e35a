"""The owner's side: a forum's settings, on our own origin, without a script."""
