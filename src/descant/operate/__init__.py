"""The operators' side: what those who run a site do with it."""
