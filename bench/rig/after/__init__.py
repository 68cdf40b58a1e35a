"""What happens after a comment was written, measured."""
