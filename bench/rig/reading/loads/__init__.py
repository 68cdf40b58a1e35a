"""Load generators: readers who wait for their answers, and readers who do not."""
