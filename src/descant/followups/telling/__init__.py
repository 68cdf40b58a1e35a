"""Whom a comment or a decision concerns, and what they are told: a notice in the frame, and a letter if they like."""
