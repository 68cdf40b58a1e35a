"""The switches of Descant: what operators turn off when it is too much, for all or for some, and turn on again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.utils.translation import gettext as _

from django_headroom.operations.switches import Guard, Rule, Switch, declare, declared, felt, is_on

__all__ = ["SwitchedOff", "check_writable", "heavy_order", "is_on"]


class SwitchedOff(Exception):
    """What operators have turned off for now; the message is for whoever wanted it."""

    code = "switched_off"
    retry_after = 60  # seconds


def check_writable(forum: str = "") -> None:
    """Raises: SwitchedOff: the site, or this forum by its name, is only read for now."""
    if is_on("read_only", forum=forum):
        raise SwitchedOff(_("The comments can only be read just now. Please come back in a while."))


@contextmanager
def heavy_order(forum: str) -> Iterator[None]:
    """While something is read in an order that costs: its guard counts it.

    Raises:
        SwitchedOff: no such order is made there just now.
    """
    if not is_on("heavy_orders", forum=forum):
        raise SwitchedOff(_("This order is not made just now. Ask by time, the oldest first."))
    with felt("heavy_orders"):
        yield


def names_on() -> list[str]:
    """The switches that are on for everybody, as the record of what a request cost tells them."""
    return [name for name in declared() if is_on(name)]


_OWNER = "operators"

declare(
    Switch(
        "read_only",
        says="Comments are read and not written: nobody posts, votes, flags, decides or sets anything.",
        default=False,
        unread=False,
        owner=_OWNER,
        kill=True,
    )
)
declare(
    Switch(
        "live",
        says="What changes reaches readers by event streams; else their pages ask twice a minute.",
        default=True,
        unread=True,
        owner=_OWNER,
        kill=True,
    )
)
declare(
    Switch(
        "votes",
        says="Comments are voted up and down.",
        default=True,
        unread=True,
        owner=_OWNER,
        kill=True,
    )
)
declare(
    Switch(
        "guest_posting",
        says="Guests write where their forum lets them; else people sign in first.",
        default=True,
        unread=True,
        owner=_OWNER,
        kill=True,
    )
)
declare(
    Switch(
        "heavy_orders",
        says="Pages and lists are made in every order; else only those by time, the oldest first.",
        default=True,
        unread=False,
        owner=_OWNER,
        kill=True,
        guard=Guard(seconds=1.0, slow=0.3, least=50),
    )
)
declare(
    Switch(
        "mail",
        says="Letters go out; else they wait.",
        default=True,
        unread=False,
        owner=_OWNER,
        kill=True,
    )
)
declare(
    Switch(
        "keys",
        says="Those who choose it step from comment to comment by j and k, and act on one by a key.",
        default=Rule(labs=True),
        unread=False,
        owner="readers",
        until=date(2027, 6, 30),
        labs=True,
    )
)
for _format in ("disqus", "wordpress", "native"):
    declare(
        Switch(
            f"import_{_format}",
            says=f"Files of the format {_format} are imported.",
            default=True,
            unread=True,
            owner=_OWNER,
            kill=True,
        )
    )
