"""Django's SQLite backend with one change: whoever wants to write waits in a queue, per file, over all processes."""
