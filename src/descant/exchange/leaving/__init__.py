"""Takes everything away: one module for each format that is written, and what they stand on."""
