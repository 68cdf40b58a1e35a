"""Putting values out: escaped as Jinja2 does it, without wrapping in ``Markup`` what is joined to the page at once."""

import re
from typing import Any

from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr
from markupsafe import Markup, escape

_SPECIAL = re.compile(r"[&<>\"']")


def escaped(value: Any) -> str:
    """A value as text that is safe within HTML: what ``markupsafe.escape`` makes of it."""
    kind = type(value)
    if kind is int:
        return str(value)
    is_safe = kind is Markup or (kind is str and not _SPECIAL.search(value))
    return value if is_safe else escape(value)


class PutOut(CodeGenerator):
    """Jinja2's own generator, but for the function that escapes."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        is_sure = frame.eval_ctx.autoescape and not frame.eval_ctx.volatile
        if not is_sure or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")
