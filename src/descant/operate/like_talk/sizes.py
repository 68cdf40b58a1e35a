"""How large everything is: shares after Zipf's law, whose sums are exact and of which none is kept."""

from array import array
from dataclasses import dataclass

COMMENTS, FORUMS, USERS = 75_000_000, 450_000, 15_000_000
COMMENTS_OF_A_THREAD = 15  # on average
_PRIME = 2_654_435_761  # greater than any number of threads, so that no rank comes twice


@dataclass(frozen=True)
class Sizes:
    """The talk's numbers, or a part of them."""

    comments: int
    forums: int
    users: int

    @classmethod
    def at(cls, scale: float) -> "Sizes":
        """At least so much that there is a forum for each of a few partitions."""
        return cls(
            *(max(int(scale * each), least) for each, least in ((COMMENTS, 100), (FORUMS, 8), (USERS, 20)))
        )


class Shares:
    """How a whole is divided: of ``parts`` parts the n-th gets 1/n of the first one's, rounded, and none is lost."""

    def __init__(self, most: int) -> None:
        self._sums = array("d", [0.0])
        for number in range(1, most + 1):
            self._sums.append(self._sums[-1] + 1 / number)

    def share(self, whole: int, parts: int, rank: int) -> int:
        """What the part of this rank gets, from 0; late ones may get nothing.

        >>> shares = Shares(3)
        >>> [shares.share(100, 3, rank) for rank in range(3)]
        [54, 27, 19]
        """
        sums = self._sums
        of_all = whole / sums[parts]
        end = whole if rank == parts - 1 else int(sums[rank + 1] * of_all)
        return end - int(sums[rank] * of_all)


def threads_of(comments: int) -> int:
    """Among how many threads a forum's comments are divided."""
    return max(1, comments // COMMENTS_OF_A_THREAD)


def rank_of(number: int, parts: int, forum: int) -> int:
    """Which rank the n-th of so many threads has: each has one, in no order, so that large ones come at any time."""
    return (number * _PRIME + forum) % parts


def scattered(number: int) -> int:
    """A number of 62 bits that looks like chance and is the same for the same number."""
    number = (number ^ (number >> 31)) * 0x7FB5D329728EA185 & 0xFFFFFFFFFFFFFFFF
    number = (number ^ (number >> 27)) * 0x81DADEF4BC2DD44D & 0xFFFFFFFFFFFFFFFF
    return (number ^ (number >> 33)) >> 2
