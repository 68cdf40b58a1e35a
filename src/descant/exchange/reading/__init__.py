"""Reads the files that come in: one module for each format, and what they stand on."""
