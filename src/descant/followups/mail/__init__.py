"""Letters: what goes out by mail, to whom, and what comes back."""
