"""The site in which django-comments-xtd is measured; it runs in the peer's own environment."""
