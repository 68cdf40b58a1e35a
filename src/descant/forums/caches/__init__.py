"""What caches on the way are told of our answers: how long each may be kept, under which tags, and when it is old."""
