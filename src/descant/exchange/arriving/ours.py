"""Columns of comments that only our own format has: who wrote them, votes, flags, reasons, when they were edited."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from descant.exchange.arriving.berth import Berth
from descant.exchange.arriving.people import people_here, rules_here, stand_in
from descant.exchange.sorting.arrivals import CommentArrival

AS_THEY_ARE = ("flags", "needs_look", "ups", "downs", "score", "origin", "origin_range")


def columns_of_ours(berth: Berth, arrived: Iterable[CommentArrival]) -> Mapping[int, Mapping[str, Any]]:
    """By the number of the arrival; nothing for formats of others."""
    told = {each.number: each.more for each in arrived if each.more}
    if not told:
        return {}
    people = people_here(berth, (more["author_id"] or 0 for more in told.values()))
    rules = rules_here(berth, (pk for more in told.values() for pk in _rules_in(more["reasons"])))
    return {number: _columns(berth, more, people, rules) for number, more in told.items()}


def _columns(
    berth: Berth, more: Mapping[str, Any], people: Mapping[int, int], rules: Mapping[int, int]
) -> dict[str, Any]:
    edited_at = more["edited_at"]
    return {
        **{name: more[name] for name in AS_THEY_ARE if name in more},
        "author_id": people.get(more["author_id"] or 0),
        # A guest's token is of the site where she wrote; here nobody has it.
        "guest": stand_in(berth, f"guest/{more['guest']}") if more["guest"] else "",
        "edited_at": datetime.fromisoformat(edited_at) if edited_at else None,
        "reasons": [_reason(each, rules) for each in more["reasons"]],
    }


def _rules_in(reasons: Iterable[Any]) -> Iterable[int]:
    return (each["rule"] for each in reasons if isinstance(each, dict) and isinstance(each.get("rule"), int))


def _reason(reason: Any, rules: Mapping[int, int]) -> Any:
    if isinstance(reason, dict) and isinstance(reason.get("rule"), int):
        return {**reason, "rule": rules.get(reason["rule"], 0)}
    return reason
