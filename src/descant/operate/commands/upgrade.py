"""`descant upgrade`: brings every database to what this version needs."""

import argparse

from descant.operate.upgrading import upgrade_all

NAME = "upgrade"
HELP = "back up and migrate every database"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-backup", action="store_true", help="migrate without a backup of our own")


def run(options: argparse.Namespace) -> int:
    upgrade_all(backup=not options.no_backup)
    print("Every database is as this version needs it.")
    return 0
