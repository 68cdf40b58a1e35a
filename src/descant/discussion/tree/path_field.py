"""The column that holds a path: bytes on every database."""

from typing import Any

from django.db import models


class PathField(models.BinaryField):
    """A binary column that is read as ``bytes``, where PostgreSQL's driver gives a view of memory."""

    _pyi_private_get_type: bytes

    def from_db_value(self, value: Any, expression: object, connection: object) -> bytes | None:
        return None if value is None else bytes(value)  # nothing, where an outer join found no row
