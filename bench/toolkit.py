"""What the toolkit adds to plain Django, as ratios of the same work done by both in turn.

    make bench B=toolkit

Writes bench/results/toolkit.json: names without a database are PostgreSQL's, ``sqlite`` stands in the others.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.rig.quiet import wait_for_quiet  # noqa: E402
from tests.servers import create_database, running_postgresql  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "toolkit.json"
MARKET = ("default", "people", "p1", "p2")


def main() -> None:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder, running_postgresql() as server:
        for alias in MARKET:
            create_database(server, f"headroom_{alias}")
        for database, part in (("postgresql", "toolkit"), ("sqlite", "toolkit.sqlite")):
            wait_for_quiet()
            found = _measured(database, server, Path(folder))
            figures |= {f"{part}.{name}": round(value, 3) for name, value in found.items()}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    for name, value in sorted(figures.items()):
        print(f"{name:<55}{value:>14,.3f}")


def _measured(database: str, server: str, folder: Path) -> dict[str, float]:
    """The figures of the toolkit's own test site on one kind of database, in a process of its own."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.headroom.settings",
        "DESCANT_DATA": str(folder),
        "DESCANT_TEST_DATABASE": database,
        "DESCANT_TEST_POSTGRESQL": server,
    }
    command = [sys.executable, str(ROOT / "bench" / "rig" / "toolkit_cost.py")]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
