"""Django's PostgreSQL backend with one change: in a bounded block neither a statement nor a commit waits for ever."""
