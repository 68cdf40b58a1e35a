"""The templates of the frame and of the moderators' pages: what they are compiled into, and what they may ask."""

from descant.embed.jinja.environment import environment

__all__ = ["environment"]
