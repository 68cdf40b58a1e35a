"""What a reader asks for: which page, in which coding, and whether she has it already."""

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from descant.discussion.reading import ORDERS

COMMENTS = "/embed/comments/"
CODINGS = ("br", "gzip", "")  # the best first; the last is none
NAMES = ("f", "t_i", "t_u", "order", "cursor", "lang")  # all that the page's view looks at
LONGEST = 1_024  # of what is looked into here: what is remembered of strangers' words must have an end
FIELDS_MOST = 50


def page_asked(query: str) -> str | None:
    """The one way to write what a query string asks for; None: Django is to see it as it is.

    Names that the view does not know are left out, of a name that comes twice the last counts, and a default is none.
    """
    return _page_asked(query) if len(query) <= LONGEST else None


def best_coding(accepted: str, among: tuple[str, ...] = CODINGS) -> str:
    """The coding that an ``Accept-Encoding`` weighs highest; of equal ones the first."""
    return _best_coding(accepted[:LONGEST], among)


def has_it(if_none_match: str, etag: str) -> bool:
    """Whether an ``If-None-Match`` names this ETag, weak or strong; of a very long one only its beginning is read."""
    return _has_it(if_none_match[:LONGEST], etag)


@lru_cache(maxsize=8_192)
def _page_asked(query: str) -> str | None:
    if not query.isascii():
        return None
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError:
        return None
    asked = {name: value for name, value in fields if name in NAMES}
    if asked.get("order") not in ORDERS[1:]:
        asked.pop("order", None)
    return urlencode({name: asked[name] for name in NAMES if asked.get(name)})


@lru_cache(maxsize=512)
def _best_coding(accepted: str, among: tuple[str, ...]) -> str:
    weights = {}
    for each in accepted.lower().split(","):
        name, _, parameter = each.partition(";")
        weights[name.strip()] = _weight(parameter)
    others = weights.get("*", 0.0)
    found = {coding: weights.get(coding, others) for coding in among if coding}
    found[""] = weights.get("identity", 0.0005)  # if nothing is said of it, it will do when nothing else does
    return max(found, key=lambda coding: found[coding])


@lru_cache(maxsize=8_192)
def _has_it(if_none_match: str, etag: str) -> bool:
    named = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in named or etag in named


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
