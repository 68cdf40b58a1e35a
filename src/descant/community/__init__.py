"""Communities and people: a forum's page, a person's profile, her preferences, and the owner's settings."""
