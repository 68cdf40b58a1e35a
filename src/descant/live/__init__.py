"""The watchers' side: what changes in a thread reaches those who are reading it, by server-sent events."""
