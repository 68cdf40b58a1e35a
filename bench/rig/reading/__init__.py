"""What the benchmark of reading is made of: threads, readers in closed and in open loops, posts meanwhile, peers."""
