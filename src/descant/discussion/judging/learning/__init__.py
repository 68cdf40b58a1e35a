"""What moderators' decisions teach about words, and the score that a new comment gets by it."""
