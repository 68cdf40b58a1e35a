"""One release after another: what was written is brought forward, and none is without a server meanwhile."""
