"""How long rules take over 100,000 comments of a forum, and how many they meet.

    make bench B=trial
    make bench B=trial DATABASE=sqlite

Writes bench/results/trial.json; of one database alone the other's figures stay as they were.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig.sites import FORUM, Site, site_on

MANY = 100_000
COMMENTS = int(os.environ.get("COMMENTS", MANY))
DATABASES = ("sqlite", "postgresql")
RESULTS = Path(__file__).parent / "results" / "trial.json"


def main() -> None:
    asked = os.environ.get("DATABASE")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
        for database in [asked] if asked else DATABASES:
            with site_on(database, Path(folder)) as site:
                figures |= {f"trial.{database}.{name}": value for name, value in measure(site).items()}
    if COMMENTS == MANY:
        kept = json.loads(RESULTS.read_text()) if asked and RESULTS.exists() else {}
        RESULTS.write_text(json.dumps(kept | figures, indent=1, sort_keys=True) + "\n")
    for name, value in sorted(figures.items()):
        print(f"{name:<60}{value:>14,.2f}")


def measure(site: Site) -> dict[str, float]:
    """Seed a site's forum with comments of a year, and try each kind of rule on all of them."""
    site.command("seed", "--forum", FORUM, "--threads", "500", "--comments", str(COMMENTS), "--quiet")
    environment = {**site.environment, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
    line = [sys.executable, "-m", "bench.rig.trial_cost"]
    done = subprocess.run(line, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
