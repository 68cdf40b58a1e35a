"""Reads the files of other services: one module for each format, and what they stand on."""
