"""The moderators' side: the queue, what is decided there, its log, bans and appeals; on our own pages, never framed."""
