"""What is learned of a comment after it was written: likeness, the word of judges outside, moderators' lessons."""
