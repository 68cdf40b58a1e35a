"""The team's systems: how soon a switch is thrown, a release reverted, a site set up; what errors and records cost.

    make bench B=team                      all of it
    make bench B=team PART="releases"      some of it

Writes bench/results/team.json after each part; with PART only the figures of these parts are replaced.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.rig.reading.parts import asked_for, keep, kept_book, measure_part, tell  # noqa: E402
from bench.rig.reading.rounds import Book  # noqa: E402
from bench.rig.team import errors, record, releases, setup, switches  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "team.json"
PARTS: Mapping[str, Callable[[Book], None]] = {
    "errors": errors.measure,
    "record": record.measure,
    "releases": releases.measure,
    "setup": setup.measure,
    "switches": switches.measure,
}


def main() -> None:
    asked = asked_for(PARTS)
    whole = kept_book(RESULTS, asked)
    for name, part in PARTS.items():
        if not asked or name in asked:
            print(f"{name} …", flush=True)
            measure_part(f"team.{name}", whole, part)
            RESULTS.parent.mkdir(exist_ok=True)
            keep(whole, RESULTS)
    tell(whole)


if __name__ == "__main__":
    main()
