"""What stands at the port: it answers hot pages from memory, and everything else by Django in a few threads."""
