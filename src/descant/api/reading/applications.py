"""Reading how often a program has asked."""

from datetime import timedelta
from typing import Any

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import one_of, whole
from descant.api.objects.moments import moment
from descant.forums.keys.counting import DAYS_KEPT, uses_by_time

DAYS = whole("days", "Of how many days, today among them.", least=1, most=DAYS_KEPT, default=DAYS_KEPT)
STEPS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
STEP = one_of("by", "For each of what.", [*STEPS], "day")


@endpoint("applications/listUsage", who=Standing.SERVER, takes=(DAYS, STEP), example={"days": "7"})
def list_usage(asked: Asked) -> list[list[Any]]:
    """How often this key was used in each day or hour: pairs of when that began and of a number, a minute late."""
    used = uses_by_time(asked.key, days=asked[DAYS], step=STEPS[asked[STEP]])
    return [[moment(began_at), uses] for began_at, uses in used]
