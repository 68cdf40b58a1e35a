"""What they say: threads and comments, partitioned by forum, and the acts upon them."""
