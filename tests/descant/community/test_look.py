"""A forum's own look: what can be read is kept and reaches the frame, what cannot is refused."""

import base64
import hashlib
import re
from collections.abc import Callable

import pytest
from django.test import Client

from descant.discussion.authors import Author
from descant.forums.look import BadLook, read_look, style_of
from descant.forums.models import Forum
from tests.descant.conftest import Cast

SignedIn = Callable[[Author], Client]
FRAME = "/embed/comments/?f=gazette&t_i=bread"
LOOK = {"light_accent": "#8a1c1c", "dark_accent": "#ff9d8a", "font": "Georgia, serif"}


def test_a_look_reaches_the_frame_with_a_policy_that_knows_it(
    cast: Cast, client: Client, signed_in: SignedIn
) -> None:
    before = client.get(FRAME)
    assert "data-look" not in before.content.decode()
    signed_in(cast.ann).post("/f/gazette/settings/look/", LOOK)
    assert Forum.objects.get(pk=cast.gazette.pk).look == LOOK
    after = client.get(FRAME)
    assert after.headers["ETag"] != before.headers["ETag"]
    html = after.content.decode()
    assert "--accent: light-dark(#8a1c1c, #ff9d8a);" in html
    assert "--font: Georgia, serif;" in html
    assert 'data-look="accent font"' in html
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in after.headers["Content-Security-Policy"]
    foreign = client.get("/embed/comments/?f=tribune&t_i=bread").content.decode()
    assert "#8a1c1c" not in foreign


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"light_accent": "#ffff00"}, "light_accent"),
        ({"dark_text": "#333333"}, "dark_text"),
        ({"light_background": "#777777"}, "light_background"),
        ({"light_accent": "red"}, "light_accent"),
        ({"light_accent": "#12345"}, "light_accent"),
        ({"font": "x;} body { display: none"}, "font"),
        ({"font": "</style><script>"}, "font"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(
    cast: Cast, signed_in: SignedIn, said: dict[str, str], field: str
) -> None:
    with pytest.raises(BadLook) as refused:
        read_look(said)
    assert refused.value.field == field
    answer = signed_in(cast.ann).post("/f/gazette/settings/look/", said)
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert Forum.objects.get(pk=cast.gazette.pk).look == {}


@pytest.mark.parametrize(
    "look", [{"light_background": "#fbf6ea", "light_text": "#2a2118"}, {"dark_background": "#000000"}]
)
def test_a_ground_brings_what_is_derived_from_it(look: dict[str, str]) -> None:
    style = style_of(read_look(look))
    assert {"--ground", "--text", "--muted", "--line", "--surface"} <= set(re.findall(r"--[a-z]+", style))
    assert "html { background: var(--ground); }" in style


def test_a_look_that_was_written_past_us_fails_no_page() -> None:
    assert style_of({"font": "x } body { display: none"}) == ""
    assert style_of({}) == ""
