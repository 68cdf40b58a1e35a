"""A template is rendered once for each shape; with its holes filled in it says what it would have said itself."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup, escape

from descant.embed.jinja.stencils import CONSTANT_LEAST, Stencils
from descant.forums.caches.packing import Constant

TEMPLATE = (
    "{% if has_name %}<b>{{ name }}</b>, {% endif %}100% of <i>{{ what }}</i>%s{{ what }}"
    + "." * CONSTANT_LEAST
)


class Shape(NamedTuple):
    has_name: bool


class Press(Environment):
    """Counts how often it renders."""

    def __init__(self) -> None:
        super().__init__(autoescape=True)
        self.rendered = 0

    def stencils(self) -> Stencils:
        def template() -> object:
            self.rendered += 1
            return self.from_string(TEMPLATE)

        return Stencils(template, ("name", "what"))  # type: ignore[arg-type]


@given(has_name=st.booleans(), name=st.text(), what=st.text())
def test_what_is_filled_in_reads_as_the_template_does(has_name: bool, name: str, what: str) -> None:
    press = Press()
    stencil = press.stencils().of(Shape(has_name))
    values = {"name": escape(name), "what": escape(what)}
    given = {"has_name": has_name, "name": Markup(escape(name)), "what": Markup(escape(what))}
    rendered = press.from_string(TEMPLATE).render(given)
    assert stencil.form % values == rendered
    assert b"".join(stencil.fill(values)).decode() == rendered


def test_each_shape_is_rendered_once() -> None:
    press = Press()
    stencils = press.stencils()
    for number in range(20):
        stencils.of(Shape(has_name=number % 2 == 0)).fill({"name": "Ann", "what": str(number)})
    assert press.rendered == 2


def test_long_stretches_without_a_hole_are_common_to_all_pages() -> None:
    pieces = Press().stencils().of(Shape(has_name=True)).fill({"name": "Ann", "what": "x"})
    assert [piece for piece in pieces if isinstance(piece, Constant)] == [b"." * CONSTANT_LEAST]
