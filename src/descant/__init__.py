"""Descant carries the comments of many websites."""

__version__ = "0.1.0"
