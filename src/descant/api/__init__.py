"""The programs' side: the HTTP API, in the names and shapes of Disqus's API 3.0."""
