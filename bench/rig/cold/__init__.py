"""Pages of threads that nobody has asked for in years, read from files that no memory holds."""
