"""The readers' side: the frame, its public pages, the loader script, counts and feeds."""
