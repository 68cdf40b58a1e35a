"""``Columns``: rows of a few columns by a statement that is written out, without the ORM's compiling and building."""

from collections.abc import Callable, Collection, Iterable, Sequence
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
        self._converters: dict[str, Sequence[tuple[str, Any, _Converter]]] = {}

    @property
    def number(self) -> int:
        """How many they are."""
        return len(self._fields)

    def written(self, alias: str) -> str:
        """The columns as a statement on this database names them, with commas between."""
        quote = connections[alias].ops.quote_name
        return ", ".join(quote(field.column) for field in self._fields)

    def rows(self, alias: str, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement that selects ``written(alias)`` and nothing else."""
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, arguments)
            found = cursor.fetchall()
        return self.rows_of(alias, found)

    def rows_of(self, alias: str, found: Iterable[Sequence[Any]]) -> list[Row]:
        """The rows of what the driver gave: for each the values of ``written(alias)``."""
        model, names, connection = self.model, self._names, connections[alias]
        converters = self._converters_of(connection)
        rows = list[Row]()
        for values in found:
            row = model.__new__(model)
            told = row.__dict__
            told.update(zip(names, values, strict=True))
            for name, expression, convert in converters:
                told[name] = convert(told[name], expression, connection)
            row._state = state = ModelState()
            state.adding, state.db = False, alias
            rows.append(row)
        return rows

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

    def _converters_of(self, connection: Any) -> Sequence[tuple[str, Any, _Converter]]:
        """What makes Python's values of the driver's, for those columns where it does not do so by itself."""
        found = self._converters.get(connection.alias)
        if found is None:
            columns = [(field.attname, field.cached_col) for field in self._fields]
            found = self._converters[connection.alias] = [
                (name, column, convert)
                for name, column in columns
                for convert in (
                    *connection.ops.get_db_converters(column),
                    *column.get_db_converters(connection),
                )
            ]
        return found
