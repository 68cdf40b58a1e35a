"""Of a statement its wording is kept, never a value."""

import pytest

from django_headroom.operations.performance.wording import normalised


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("SELECT * FROM item WHERE id = 7", "SELECT * FROM item WHERE id = ?"),
        ("SELECT 'it''s ann@mail.example', E'a\\'b'", "SELECT ?, ?"),
        ("SELECT '-- ann', 'a\\', '/* bo'", "SELECT ?, ?, ?"),
        ("SELECT a FROM p1_item2 WHERE x=-1.5e3", "SELECT a FROM p1_item2 WHERE x=?"),
        ('SELECT "t1"."c2" FROM "t1"', 'SELECT "t1"."c2" FROM "t1"'),
        ("SELECT 1 WHERE id IN (%s, %s, %s)", "SELECT ? WHERE id IN (?)"),
        ("INSERT INTO a VALUES (1, 'x'), (2, 'y')", "INSERT INTO a VALUES (?)"),
        ("SELECT a -- for ann\nFROM b /* bo */ WHERE c = $1", "SELECT a FROM b WHERE c = ?"),
        ("SELECT $x$ann's$x$,\n\t$$bo$$", "SELECT ?, ?"),
    ],
)
def test_values_and_the_length_of_lists_do_not_matter(sent: str, kept: str) -> None:
    assert normalised(sent) == kept
