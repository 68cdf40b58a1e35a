"""Telling programs what happens on a forum: whom, signed how, and sent by the one way out."""
