"""What the benchmarks are measured with: sites to serve, loads to put on them, floors to compare with."""
