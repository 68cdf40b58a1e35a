"""The drawn tree of a thread: paths, totals, cursors, and the queries that read it."""
