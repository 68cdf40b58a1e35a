"""How a process holds its connections: few for many, and SQLite's writers one after the other."""
