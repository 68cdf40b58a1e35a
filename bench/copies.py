"""How well a writer and the others are served by a replica that replays everything ten seconds late.

    make bench B=copies

Writes bench/results/copies.json.
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
from tests.headroom.replica import running_replica  # noqa: E402
from tests.servers import Server, create_database, running_server  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "copies.json"
MARKET = ("default", "people", "p1", "p2")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder, running_server(Server) as primary:
        for alias in MARKET:
            create_database(primary.url, f"headroom_{alias}")
        with running_replica(primary.url) as replica:
            wait_for_quiet()
            environment = {
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "DJANGO_SETTINGS_MODULE": "tests.headroom.settings",
                "DESCANT_DATA": folder,
                "DESCANT_TEST_DATABASE": "postgresql",
                "DESCANT_TEST_POSTGRESQL": primary.url,
                "REPLICA": replica.url,
            }
            command = [sys.executable, str(ROOT / "bench" / "rig" / "copies_pairs.py")]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    for name, value in sorted(figures.items()):
        print(f"{name:<55}{value:>14,.3f}")


if __name__ == "__main__":
    main()
