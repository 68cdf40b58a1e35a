"""Run within a site's environment: how long each kind of rule takes over a forum's comments, as one line of JSON."""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from bench.rig.sites import FORUM  # noqa: E402
from descant.discussion.judging.trying import try_rule  # noqa: E402
from descant.forums.directory import forum_named  # noqa: E402
from descant.forums.models import Rule  # noqa: E402

SINCE = timedelta(days=400)
WORDS = 10_000
RULES: Mapping[str, Mapping[str, Any]] = {
    "words": {"words": [f"listed{number}" for number in range(WORDS)] + ["grandmother"]},
    "pattern": {"pattern": r"\bw(?:ater|inter)\b.{0,40}\btrains?\b"},
    "links": {"more_than": 2},
    "rate": {"comments": 5, "minutes": 10},
    "double": {"hours": 24},
    "alike": {"comments": 3, "hours": 24},
}


def main() -> None:
    forum = forum_named(FORUM)
    figures: dict[str, float] = {}
    for kind, said in RULES.items():
        draft = Rule(forum=forum, title=kind, kind=kind, said=dict(said), effect="hold")
        began = time.perf_counter()
        trial = try_rule(forum, draft, timezone.now() - SINCE, by=None, seconds=600)
        took = time.perf_counter() - began
        if not trial.is_whole:
            raise SystemExit(f"The trial of {kind} was cut off after {trial.seen} comments.")
        figures |= {
            f"trial_{kind}_seconds": round(took, 2),
            f"trial_{kind}_comments_per_second": round(trial.seen / took),
            f"trial_{kind}_met": trial.met,
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
