"""What pages are drawn by: texts that are looked up once, moments, numbers, and what is escaped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import formats, timezone
from django.utils.translation import gettext, override
from jinja2 import DictLoader
from markupsafe import Markup, escape

from descant.embed.jinja import environment
from descant.embed.jinja.output import escaped
from descant.embed.jinja.writing import Writing

LANGUAGES = ("en", "de", "fr", "ar")


def drawn(template: str, language: str, **given: Any) -> str:
    env = environment(loader=DictLoader({"page": template}), autoescape=True)
    with override(language):
        return env.get_template("page").render(given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_in_the_language_of_who_reads(language: str) -> None:
    with override(language):
        reply, by = gettext("Reply"), gettext("Comment by %(name)s, %(when)s, %(replies)s, level %(level)s")
    assert (
        drawn('<b>{{ _("Reply") }}</b>{% set word = _("Reply") %}{{ word }}', language)
        == f"<b>{reply}</b>{reply}"
    )
    asked = '{{ _("Comment by %(name)s, %(when)s, %(replies)s, level %(level)s", name=n, when=1, replies=2, level=3) }}'
    told = {"name": "&lt;b&gt;", "when": 1, "replies": 2, "level": 3}
    assert drawn(asked, language, n="<b>") == by % told


def test_one_environment_speaks_each_language_in_turn() -> None:
    env = environment(loader=DictLoader({"page": '{% include "part" %}', "part": '{{ _("Reply") }}'}))
    said = []
    for language in ("de", "en", "de", "fr"):
        with override(language):
            said.append(env.get_template("page").render())
    assert said == ["Antworten", "Reply", "Antworten", "Répondre"]


def test_a_percent_sign_and_a_number_are_what_they_are() -> None:
    assert drawn('{{ _("100%% of %(what)s", what=x) }}', "en", x="&") == "100% of &amp;"
    assert drawn('{{ ngettext("%(num)s reply", "%(num)s replies", n) }}', "de", n=1) == "1 Antwort"


def test_a_text_with_a_number_is_looked_up_once_for_each_number() -> None:
    counted = '{{ ngettext("%(num)s reply", "%(num)s replies", n, num=shown[n]) }} '
    env = environment(
        loader=DictLoader({"page": f"{{% for n in [1, 2, 1, 2] %}}{counted}{{% endfor %}}"}), autoescape=True
    )
    with override("de"):
        said = env.get_template("page").render(shown={1: "<1>", 2: Markup("2")})
    assert said == "&lt;1&gt; Antwort 2 Antworten " * 2
    assert env.spoken["de"].filters["ngettext"].cache_info().misses == 2


@pytest.mark.parametrize(
    "value", ["plain", "<i>", "a & b", "'", '"', Markup("<b>"), 7, -1, True, None, 1.5, ["<"]]
)
def test_what_is_put_out_is_escaped_as_jinja_does(value: Any) -> None:
    assert escaped(value) == escape(value)
    assert drawn("[{{ it }}]", "en", it=value) == f"[{escape(value)}]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_moments_are_written_as_django_writes_them(language: str) -> None:
    with override(language):
        writing = Writing(language)
        for hour, day in ((0, 1), (12, 9), (23, 28)):
            for month in range(1, 13):
                moment = datetime(2008, month, day, hour, 30 * (day % 2), tzinfo=UTC)
                told = formats.date_format(moment, "DATETIME_FORMAT")
                assert writing.full_time(moment + timedelta(seconds=59)) == f"{told} UTC"
        for number in (0, 7, -999, 1_000, 1_234_567, -20_000):
            assert writing.number(number) == formats.number_format(number, use_l10n=True, force_grouping=True)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (3_600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (30 * 86_400, "1 month ago"),
        (800 * 86_400, "2 years ago"),
    ],
)
def test_how_long_ago(seconds: int, said: str) -> None:
    assert Writing("en").ago(timezone.now() - timedelta(seconds=seconds)) == said
