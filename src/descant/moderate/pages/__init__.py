"""The pages of the moderators' side."""
