"""A trial kept in the page that shows it, sealed: so the next step, or the next page, needs no place to keep it in."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core import signing

from descant.discussion.judging.trying import Example, Trial

SALT = "descant.trial"
SECONDS_KEPT = 3_600
FOUND_MOST = 80
OF_THE_RULE = ("rule", "version", "kind", "title", "effect")


def seal(trial: Trial, whose: Mapping[str, Any]) -> str:
    """A trial as a text that only we can write; ``whose`` says of what, and is asked again."""
    kept = {
        "whose": dict(whose),
        "since": trial.since.isoformat(),
        "numbers": [trial.total, trial.seen, trial.met, trial.approved],
        "states": trial.states,
        "days": {f"{day}": [seen, trial.met_on[day]] for day, seen in trial.seen_on.items()},
        "examples": [[each.comment_id, each.at.isoformat(), _found(each.reason)] for each in trial.examples],
        "reached": [trial.reached[0].isoformat(), trial.reached[1]] if trial.reached else None,
        "is_whole": trial.is_whole,
    }
    return signing.dumps(kept, salt=SALT, compress=True)


def unseal(sealed: str, whose: Mapping[str, Any], effect: str) -> Trial | None:
    """The trial again; None if it is too old, was changed, or is another's."""
    try:
        kept = signing.loads(sealed, salt=SALT, max_age=SECONDS_KEPT)
    except signing.BadSignature:
        return None
    if kept["whose"] != dict(whose):
        return None
    trial = Trial(effect, datetime.fromisoformat(kept["since"]))
    trial.total, trial.seen, trial.met, trial.approved = kept["numbers"]
    trial.states = Counter(kept["states"])
    for day, (seen, met) in kept["days"].items():
        trial.seen_on[date.fromisoformat(day)] = seen
        trial.met_on[date.fromisoformat(day)] = met
    trial.examples = [
        Example(key, datetime.fromisoformat(at), reason) for key, at, reason in kept["examples"]
    ]
    trial.is_whole = kept["is_whole"]
    if kept["reached"]:
        trial.reached = datetime.fromisoformat(kept["reached"][0]), kept["reached"][1]
    return trial


def _found(reason: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in reason.items() if name not in OF_THE_RULE}
    return {**kept, "found": str(kept.get("found", ""))[:FOUND_MOST]}
