"""The site as it runs: its settings, its addresses, its server and its command."""
