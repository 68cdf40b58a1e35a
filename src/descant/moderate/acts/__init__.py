"""What a moderator does on the pages: each view hands over to an act, and says what came of it."""
