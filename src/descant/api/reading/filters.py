"""What a comment is like, by the numbers that Disqus has for it: the ``filters`` of a thread's comments."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from descant.api.asking import NotAllowed
from descant.api.declaring import Asked, Given, Parameter
from descant.api.declaring.parameters import bad, every
from descant.discussion.models import SHADOW_BAN, Comment
from descant.forums.models import Forum

MOST = 18
_NONE = Q(pk__in=())  # what is never found here: no score of toxicity or of a person is kept, and no media
_HTML = Q(html="", format=Comment.Format.HTML, text__icontains="<a ")  # that nobody has read yet
_EVERYBODYS: Mapping[int, Q] = {
    1: Q(author__isnull=True),
    2: Q(html__contains="<a ") | _HTML,
    10: _NONE,
}
# What moderators know of comments; who could ask with a public key would learn whom they have banned in secret.
_MODERATORS: Mapping[int, Q] = {
    4: Q(reasons__icontains='"kind": "words"'),
    5: Q(flags__gt=0),
    6: Q(flags=0, reasons=[]),
    8: Q(reasons__icontains='"rule": '),
    9: Q(reasons=[SHADOW_BAN]),
    13: Q(reasons__icontains="premoderation_first") | Q(reasons__icontains='"kind": "first"'),
}
_FLAG_LIMIT = 11


def _read(given: Given) -> Sequence[int]:
    written = every(given, "filters")
    if len(written) > MOST or not set(written) <= {str(number) for number in range(1, MOST + 1)}:
        raise bad("filters", f"numbers from 1 to {MOST}")
    return [int(each) for each in written]


FILTERS = Parameter(
    "filters",
    "Only comments like any of these: 1 by a guest, 2 with a link; for moderators and the secret key also 4 a word of a"
    " rule, 5 flagged, 6 with nothing against it, 8 held or marked by a rule, 9 shadow banned, 11 flagged so often that"
    " it is held, 13 by somebody new. There is nothing of the others.",
    _read,
    {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": MOST}, "maxItems": MOST},
)


def wanted(asked: Asked) -> Q:
    """What the filters leave. Raises: NotAllowed"""
    numbers = asked[FILTERS]
    if asked.viewer is None and not set(numbers) <= _EVERYBODYS.keys():
        raise NotAllowed("These filters tell what moderators know: show api_secret, or a moderator's token.")
    return reduce(or_, (_one(number, asked.forum) for number in numbers), Q())


def _one(number: int, forum: Forum) -> Q:
    if number == _FLAG_LIMIT:
        return Q(flags__gte=forum.flags_to_hold) if forum.flags_to_hold else _NONE
    return _EVERYBODYS.get(number) or _MODERATORS.get(number) or _NONE
