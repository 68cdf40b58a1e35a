"""The moderators' side, measured: the queue at a million comments, decisions a second, rules tried on 100,000 comments.

    make bench B=moderate
    make bench B=moderate COMMENTS=20000

Writes bench/results/moderate.json if it was a million.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig.quiet import wait_for_quiet
from bench.rig.sites import FORUM, Site, site_on

RESULTS = Path(__file__).parent / "results" / "moderate.json"
MILLION = 1_000_000


def main() -> None:
    comments = int(os.environ.get("COMMENTS", MILLION))
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
        for database in ("sqlite", "postgresql"):
            with site_on(database, Path(folder)) as site:
                found = measure(site, comments)
                figures |= {f"moderate.{database}.{name}": round(value, 3) for name, value in found.items()}
    if comments == MILLION:
        RESULTS.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    for name, value in sorted(figures.items()):
        print(f"{name:<60}{value:>14,.2f}")


def measure(site: Site, comments: int) -> dict[str, float]:
    """The figures of one site, taken in a process of its own."""
    password = {"input": "a loaf of rye and salt\n", "text": True}
    words = ["user", "create", "ann", "--email", "ann@mail.example", "--password-stdin"]
    environment = {**site.environment, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
    subprocess.run(
        [sys.executable, "-m", "descant", *words],
        env=environment,
        check=True,
        capture_output=True,
        **password,
    )
    site.command("forum", "set", FORUM, "--owner", "ann")
    wait_for_quiet()
    taking = [sys.executable, str(Path(__file__).parent / "rig" / "moderate_cost.py"), str(comments)]
    done = subprocess.run(taking, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
