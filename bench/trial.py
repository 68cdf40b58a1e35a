"""How long rules take over 100,000 comments of a forum, and how many they meet."""

import json
import subprocess
import sys

from bench.rig.sites import FORUM, Site

COMMENTS = 100_000


def measure(site: Site) -> dict[str, float]:
    """Seed a site's forum with comments of a year, and try each kind of rule on all of them."""
    site.command("seed", "--forum", FORUM, "--threads", "500", "--comments", str(COMMENTS), "--quiet")
    environment = {**site.environment, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
    line = [sys.executable, "-m", "bench.rig.trial_cost"]
    done = subprocess.run(line, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
