"""Whether a comment was held for a reason: a plain code, or a rule, in the list that the comment bears."""

import json
from typing import Any

from django.db.models import BooleanField, F, Func


class HasReason(Func):
    """True where the list holds a code such as ``flags``, or with ``rule-7`` what that rule has found."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, *, reason: str) -> None:
        self.reason = reason
        super().__init__(F(column))

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        rule = self._rule()
        wanted = [{"rule": rule}] if rule is not None else [self.reason]
        return f"{column} @> %s::jsonb", (*params, json.dumps(wanted))

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        rule = self._rule()
        value = (
            "each.value" if rule is None else "CASE each.type WHEN 'object' THEN each.value ->> 'rule' END"
        )
        test = f"EXISTS (SELECT 1 FROM json_each({column}) AS each WHERE {value} = %s)"
        return test, (*params, self.reason if rule is None else rule)

    def _rule(self) -> int | None:
        kind, _sign, key = self.reason.partition("-")
        return int(key) if kind == "rule" and key else None
