"""Templates compiled once for each language: its texts are looked up then, and not anew for every line."""

import re
from collections.abc import Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, cast

from django.utils.translation import get_language, gettext, ngettext, npgettext, override, pgettext
from jinja2 import Environment, Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from descant.embed.jinja.output import PutOut, escaped
from descant.embed.jinja.writing import Writing

COUNTS_KEPT = 4096  # such as "3 replies", of each language
_BLANK = re.compile(r"%\((\w+)\)s|%(%)")


class OneForEachLanguage(Environment):
    """Gives each template in the language of the thread, with its texts written into it."""

    code_generator_class = PutOut
    escaped = staticmethod(escaped)  # which the generated code calls

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.spoken: dict[str, Environment] = {}
        self.language = ""
        self.add_extension("jinja2.ext.i18n")
        self.install_gettext_callables(  # type: ignore[attr-defined]
            gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
        )

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        if self.language:  # what a template includes is in the language that it is in itself
            return super().get_template(name, parent, globals)
        return self.speaking(get_language() or "en").get_template(name, parent, globals)

    def speaking(self, language: str) -> Environment:
        """The environment of one language; of what it makes that language must be spoken when it is asked for."""
        found = self.spoken.get(language)
        if found is None:
            found = self.overlay()
            found.language = language
            counted = lru_cache(COUNTS_KEPT)(_counted)
            found.filters = {**self.filters, **Writing(language).filters(), "ngettext": counted}
            self.spoken[language] = found
        return found

    def _generate(self, source: nodes.Template, *where: Any, **options: Any) -> str:
        with override(self.language):
            translated = _Translated(self).visit(source)
        return super()._generate(translated, *where, **options)


class _Translated(NodeTransformer):
    """Writes texts into a template in place of the calls that ask for them."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802  # Jinja2's name
        """A text that is put out becomes part of the template around it; what it leaves blank is put out there."""
        pieces: list[nodes.Expr] = []
        for each in node.nodes:
            said = _said(each)
            if said:
                blanks = {blank.key: self.visit(blank.value) for blank in cast(nodes.Call, each).kwargs}
                pieces += _pieces(gettext(said), blanks)
            else:
                pieces.append(self.visit(each))
        node.nodes = pieces
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # Jinja2's name
        """A text that is worked with, such as one to choose from; one that counts is called as a filter, at once."""
        if _is_counted(node):
            singular, *rest = map(self.visit, node.args)
            blanks = [self.visit(each) for each in node.kwargs]
            return nodes.Filter(singular, "ngettext", rest, blanks, None, None, lineno=node.lineno)
        said = _said(node)
        if said and not node.kwargs:
            return nodes.Const(Markup(gettext(said)) % {}, lineno=node.lineno).set_environment(self.env)
        return self.generic_visit(node)


def _said(node: nodes.Node) -> str:
    """The text of a call such as ``_("Reply")``; empty if it is another call, or no call."""
    if not isinstance(node, nodes.Call) or node.dyn_args or node.dyn_kwargs or len(node.args) != 1:
        return ""
    name, text = node.node, node.args[0]
    asks = isinstance(name, nodes.Name) and name.name in ("_", "gettext")
    return text.value if asks and isinstance(text, nodes.Const) and isinstance(text.value, str) else ""


def _is_counted(node: nodes.Call) -> bool:
    return isinstance(node.node, nodes.Name) and node.node.name == "ngettext"


def _pieces(translated: str, blanks: Mapping[str, nodes.Expr]) -> Iterator[nodes.Expr]:
    at = 0
    for blank in _BLANK.finditer(translated):
        yield nodes.TemplateData(translated[at : blank.start()] + (blank[2] or ""))
        if blank[1]:
            yield blanks[blank[1]]
        at = blank.end()
    yield nodes.TemplateData(translated[at:])


def _counted(singular: str, plural: str, number: int, **blanks: Any) -> Markup:
    return Markup(ngettext(singular, plural, number)) % {"num": number, **blanks}
