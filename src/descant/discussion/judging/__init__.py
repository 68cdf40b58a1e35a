"""What is judged before an act: names, pace, premoderation; and how votes become a score."""
