"""Made-up discussions as large as those of the talk, written in the order in which people would have written them."""
