"""The score behind the order *best*: how good a comment surely is, not how many have clicked on it.

The lower bound of Wilson's interval (1927) at 95 %: of 2 votes, both up, less is known than of 200, 190 of them up. A
comment that more people vote down than up gets the same bound of the downs, below zero; without votes it is 0.
"""

from math import sqrt

_Z = 1.96


def score(ups: int, downs: int) -> float:
    """From -1 to 1.

    >>> score(190, 10) > score(2, 0) > score(0, 0) > score(0, 3)
    True
    """
    if ups >= downs:
        return _surely(ups, ups + downs)
    return -_surely(downs, ups + downs)


def _surely(agree: int, of: int) -> float:
    if of == 0:
        return 0.0
    share, square = agree / of, _Z * _Z
    middle = share + square / (2 * of)
    spread = _Z * sqrt((share * (1 - share) + square / (4 * of)) / of)
    return (middle - spread) / (1 + square / of)
