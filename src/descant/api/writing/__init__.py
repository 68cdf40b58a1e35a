"""The endpoints that write."""
