"""What else runs on a worker: plain tasks, jobs that run every so often, walks over a whole table."""
