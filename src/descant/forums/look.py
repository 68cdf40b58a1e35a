"""A forum's own colours and font, for pages that say none: what may be chosen, and the style that it becomes.

Contrast is measured here as WCAG 2 does, before a look is kept: what cannot be read is refused, and nothing that a
reader's page wears is paler than it may be.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from django.utils.translation import gettext as _

Colour = tuple[float, float, float]

# What the frame wears by itself, as `frame.css` says: the other half of a pair of which the owner chose one.
OURS = {
    "light": {"background": "#ffffff", "text": "#1c2024", "accent": "#1557c0"},
    "dark": {"background": "#15181b", "text": "#e4e7ea", "accent": "#82b4ff"},
}
FIELDS = tuple(f"{scheme}_{name}" for scheme in OURS for name in ("background", "text", "accent"))
LEAST = 4.5
_HEX = re.compile(r"#[0-9a-f]{6}")
_FONT = re.compile(r"[\w\s\"',-]{1,200}", re.ASCII)
_WHITE, _BLACK = (255.0, 255.0, 255.0), (0.0, 0.0, 0.0)


class BadLook(ValueError):
    """A look that could not be read; ``field`` says which part of it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def read_look(said: Mapping[str, str]) -> dict[str, str]:
    """A look as it is kept, from what an owner says: colours as ``#1557c0``, names of fonts; what is empty is ours.

    Raises:
        BadLook
    """
    look = {name: str(said.get(name) or "").strip().lower() for name in FIELDS}
    for name, colour in look.items():
        if colour and not _HEX.fullmatch(colour):
            raise BadLook(name, _("Write a colour as #1557c0."))
    font = str(said.get("font") or "").strip()
    if font and not _FONT.fullmatch(font):
        raise BadLook("font", _("Write names of fonts with commas between them: Georgia, serif."))
    for scheme in OURS:
        worn = _worn(look, scheme)
        for name in ("text", "accent"):
            if _contrast(worn[name], worn["background"]) < LEAST:
                raise BadLook(
                    f"{scheme}_{name if look[f'{scheme}_{name}'] else 'background'}",
                    _("This could not be read: text and links need a contrast of 4.5 to the ground."),
                )
    return {name: value for name, value in {**look, "font": font}.items() if value}


def style_of(look: Mapping[str, str]) -> str:
    """The style that a look becomes, for the frame's own; empty if nothing was chosen."""
    return _style(tuple(sorted(look.items()))) if look else ""


def names_in(look: Mapping[str, str]) -> list[str]:
    """What a look chooses: ``text``, ``background``, ``accent``, ``font``."""
    return sorted({name.rpartition("_")[2] for name in look})


@lru_cache(maxsize=1024)
def _style(chosen: tuple[tuple[str, str], ...]) -> str:
    try:
        kept = read_look(dict(chosen))
    except BadLook:
        return ""  # written by somebody else than us: no page fails for it
    rules = [f"--font: {kept['font']};"] if "font" in kept else []
    names = names_in(kept)
    if "accent" in names:
        rules += [_pair("accent", kept), _pair("on", kept)]
    if "background" in names or "text" in names:
        rules += [_pair(name, kept) for name in ("ground", "text", "surface", "muted", "line")]
    if not rules:
        return ""
    ground = "html { background: var(--ground); }" if "background" in names else ""
    return f"\n:root {{ {' '.join(rules)} }}\n{ground}"


def _pair(name: str, look: Mapping[str, str]) -> str:
    light, dark = (_css(_derived(name, _worn(look, scheme))) for scheme in OURS)
    return f"--{name}: light-dark({light}, {dark});"


def _worn(look: Mapping[str, str], scheme: str) -> dict[str, Colour]:
    return {name: _colour(look.get(f"{scheme}_{name}") or ours) for name, ours in OURS[scheme].items()}


def _derived(name: str, worn: dict[str, Colour]) -> Colour:
    """The frame's further colours, in the shares that `host.js` mixes the page's in."""
    text, ground = worn["text"], worn["background"]
    plain = _contrast(text, ground) < 10  # nothing paler than the text itself is safe
    match name:
        case "ground":
            return ground
        case "on":
            return _WHITE if _contrast(_WHITE, worn["accent"]) >= LEAST else _BLACK
        case "surface":
            return _mixed(text, ground, 0.05)
        case "muted":
            return _mixed(text, ground, 1 if plain else 0.74)
        case "line":
            return _mixed(text, ground, 0.8 if plain else 0.56)
    return worn[name]


def _colour(written: str) -> Colour:
    red, green, blue = (float(int(written[at : at + 2], 16)) for at in (1, 3, 5))
    return red, green, blue


def _css(colour: Colour) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in colour)


def _mixed(above: Colour, below: Colour, share: float) -> Colour:
    red, green, blue = (over * share + under * (1 - share) for over, under in zip(above, below, strict=True))
    return red, green, blue


def _contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 3294 if part < 11 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
