"""The Jinja2 environment of the frame: translated texts, addresses, and a few filters."""

from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from jinja2 import Environment
from markupsafe import Markup

from descant.discussion import text
from descant.discussion.models import Comment

HUES = 24


def environment(**options: Any) -> Environment:
    """Make the environment for Django's Jinja2 backend; `options` are those of its settings."""
    env = Environment(trim_blocks=True, lstrip_blocks=True, **options)
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    env.globals.update(static=static, url=reverse)
    env.filters.update(ago=ago, iso=iso, full_time=full_time, number=number)
    env.filters.update(initials=initials, hue=hue, text=shown_text, excerpt=excerpt)
    return env


def ago(moment: datetime) -> str:
    """Say how long ago, in the words that the frame's script would use: "2 hours ago"."""
    seconds = (timezone.now() - moment).total_seconds()
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes < 1:
        return gettext("just now")
    if hours < 1:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes) % {"num": minutes}
    if days < 1:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", hours) % {"num": hours}
    if days < 30:
        return ngettext("%(num)s day ago", "%(num)s days ago", days) % {"num": days}
    if days < 365:
        months = days // 30
        return ngettext("%(num)s month ago", "%(num)s months ago", months) % {"num": months}
    years = days // 365
    return ngettext("%(num)s year ago", "%(num)s years ago", years) % {"num": years}


def iso(moment: datetime) -> str:
    """Write the moment for a `datetime` attribute, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def full_time(moment: datetime) -> str:
    """Write the moment in full, in UTC: a cached page cannot know where its reader lives."""
    return f"{formats.date_format(moment.astimezone(UTC), 'DATETIME_FORMAT')} UTC"


def shown_text(comment: Comment) -> Markup:
    """Give a comment's text as the sanitiser left it: the one place where HTML is trusted."""
    return Markup(text.shown_html(comment))


def excerpt(comment: Comment) -> str:
    """Give the beginning of a comment's text, without its markup."""
    return text.excerpt(text.shown_html(comment))


def initials(name: str) -> str:
    """Give the first letters of the first and the last word; a middle dot when there is no letter."""
    letters = [next((sign for sign in word if sign.isalnum()), "") for word in name.split()]
    letters = [letter for letter in letters if letter]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "·"


def hue(seed: object) -> int:
    """Give a number below `HUES` that is the same for the same seed on every machine."""
    return crc32(str(seed).encode()) % HUES


def number(value: int) -> str:
    """Write a whole number with the separators of the language."""
    return formats.number_format(value, use_l10n=True, force_grouping=True)
