"""`descant jobs`: says which of the scheduled jobs did not run, for whoever watches the site."""

import argparse

from descant.operate.commands import worker
from django_headroom.delayed.jobs.scheduling import late_jobs

NAME = "jobs"
HELP = "which scheduled jobs did not run as they should; exit code 1 if any"
DECLARED_BY = (worker,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    return


def run(options: argparse.Namespace) -> int:
    late = late_jobs()
    for job in late:
        last = job.succeeded_at.isoformat(timespec="seconds") if job.succeeded_at else "never"
        print(f"{job.name}\tlast went well: {last}\t{job.error.strip().rpartition(chr(10))[2]}")
    return 1 if late else 0
