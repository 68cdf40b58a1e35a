"""From a file in any order to threads and comments that can be written one after the other."""
