"""The Jinja2 environment of the frame: texts in the reader's language, addresses, and a few filters."""

from functools import lru_cache
from typing import Any
from zlib import crc32

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment
from markupsafe import Markup

from descant.discussion import text
from descant.discussion.models import Comment
from descant.embed.jinja.languages import OneForEachLanguage
from descant.embed.jinja.nesting import nested

HUES = 24


def environment(**options: Any) -> Environment:
    """Make the environment for Django's Jinja2 backend; `options` are those of its settings."""
    env = OneForEachLanguage(trim_blocks=True, lstrip_blocks=True, **options)
    env.globals.update(static=static, url=reverse)
    env.filters.update(initials=initials, hue=hue, text=shown_text, excerpt=excerpt, nested=nested)
    return env


def shown_text(comment: Comment) -> Markup:
    """Give a comment's text as the sanitiser left it: the one place where HTML is trusted."""
    return Markup(text.shown_html(comment))


def excerpt(comment: Comment) -> str:
    """Give the beginning of a comment's text, without its markup."""
    return text.excerpt(text.shown_html(comment))


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """Give the first letters of the first and the last word; a middle dot when there is no letter."""
    letters = [next((sign for sign in word if sign.isalnum()), "") for word in name.split()]
    letters = [letter for letter in letters if letter]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "·"


def hue(seed: object) -> int:
    """Give a number below `HUES` that is the same for the same seed on every machine."""
    return crc32(str(seed).encode()) % HUES
