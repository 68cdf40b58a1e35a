"""What stands in the queue: chosen, gathered from the partitions, seen from near, with reasons in plain words."""
