"""What the API tells of forums, threads, comments and people: the shapes, and how each is made of its row."""
