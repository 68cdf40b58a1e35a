"""Which of a forum's keys an operator means."""

from descant.forums.models import Forum, Key
from descant.operate.commands import CommandFailed


def key_beginning(forum: Forum, written: str) -> Key:
    """The key whose public part begins so.

    Raises:
        CommandFailed: there is none, or more than one.
    """
    found = list(Key.objects.filter(forum=forum, public_key__startswith=written)[:2])
    if len(found) != 1:
        raise CommandFailed(
            f"{'several keys begin' if found else 'no key begins'} with {written[:60]!r}; list the keys of {forum}"
        )
    return found[0]
