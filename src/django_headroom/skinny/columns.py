"""``Columns``: rows of a few columns by a statement that is written out, without the ORM's compiling and building."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from django.db import connections, models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)
_Converter = Callable[[Any, Any, Any], Any]


class Columns(Generic[Row]):
    """Some columns of a model, for what is asked so often that compiling a query and building whole rows is too dear.

    The rows are objects of the model. What was not named is deferred, as by ``only()``: read, it costs a query. No
    signal is sent for them, and they stay out of an identity map.

    Args:
        model: whose rows.
        names: of its columns; the primary key is among them in any case.

    >>> NAMED = Columns(Person, "name")
    >>> NAMED.rows("people", f"SELECT {NAMED.written('people')} FROM people_person WHERE name = %s", ["Ann"])
    [<Person: Ann>]
    """

    def __init__(self, model: type[Row], *names: str) -> None:
        self.model = model
        found: list[Any] = [model._meta.get_field(name) for name in names]
        key: Any = model._meta.pk
        self._fields = found if key in found else [key, *found]
        self._names = [field.attname for field in self._fields]
        self._converters: dict[str, Sequence[tuple[str, Any, Sequence[_Converter]]]] = {}

    def written(self, alias: str) -> str:
        """The columns as a statement on this database names them, with commas between."""
        quote = connections[alias].ops.quote_name
        return ", ".join(quote(field.column) for field in self._fields)

    def rows(self, alias: str, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement that selects ``written(alias)`` and nothing else."""
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            found = cursor.fetchall()
        converted = self._converters.get(alias)
        if converted is None:
            converted = self._converters[alias] = self._converted(connection)
        return [self._row(alias, connection, values, converted) for values in found]

    def with_keys(self, alias: str, keys: Collection[Any]) -> list[Row]:
        """The rows with these primary keys, in no order; as ``attach(…, fetch=…)`` asks for them."""
        quote = connections[alias].ops.quote_name
        key, table = quote(self._fields[0].column), quote(self.model._meta.db_table)
        # One statement whatever their number, where the database can, so that it is prepared once.
        if connections[alias].vendor == "postgresql":
            among, arguments = "= ANY(%s)", [list(keys)]
        else:
            among, arguments = f"IN ({', '.join(['%s'] * len(keys))})", list(keys)
        return self.rows(alias, f"SELECT {self.written(alias)} FROM {table} WHERE {key} {among}", arguments)

    def _row(
        self, alias: str, connection: Any, values: Sequence[Any], converted: Sequence[tuple[str, Any, Any]]
    ) -> Row:
        row = self.model.__new__(self.model)
        told = row.__dict__
        told.update(zip(self._names, values, strict=True))
        for name, expression, converters in converted:
            for convert in converters:
                told[name] = convert(told[name], expression, connection)
        state = ModelState()
        state.adding, state.db = False, alias
        row._state = state
        return row

    def _converted(self, connection: Any) -> Sequence[tuple[str, Any, Sequence[_Converter]]]:
        """What makes Python's values of the driver's, for those columns where it does not do so by itself."""
        found = []
        for field in self._fields:
            column = field.cached_col
            converters = [
                *connection.ops.get_db_converters(column),
                *column.get_db_converters(connection),
            ]
            if converters:
                found.append((field.attname, column, converters))
        return found
