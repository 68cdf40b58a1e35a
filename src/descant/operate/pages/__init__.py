"""The pages of those who run the whole site: each answers one question, which is its title."""
