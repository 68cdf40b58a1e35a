"""Signing people in by the word of their own site: Disqus's ``remote_auth_s3``."""
