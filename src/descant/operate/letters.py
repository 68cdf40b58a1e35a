"""How dead letters are named by those who run the site: `p1:42`, the database and the number of the row."""

from collections.abc import Collection

from descant.operate.upgrading import aliases


class NoLetter(ValueError):
    """A word that names no letter."""


def chosen(words: Collection[str] | None) -> dict[str, list[int] | None]:
    """The keys of some letters by their databases; all of every database if none are named.

    Raises:
        NoLetter
    """
    if words is None:
        return dict.fromkeys(aliases())
    found: dict[str, list[int] | None] = {}
    for word in words:
        alias, _, number = word.partition(":")
        if alias not in aliases() or not number.isascii() or not number.isdecimal():
            raise NoLetter(word)
        found[alias] = [*(found.get(alias) or []), int(number)]
    return found
