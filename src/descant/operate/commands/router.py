"""`descant router explain [MODEL]`: where rows are read, written and migrated, and who says so."""

import argparse

from django_headroom.homes import UnknownHome, explain, explain_all

NAME = "router"
HELP = "tell where rows are, and why"
REFUSALS = (UnknownHome, LookupError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    explaining = verbs.add_parser("explain", help="tell it of one model or app, or of all apps")
    explaining.add_argument(
        "model", nargs="?", help="such as discussion.Comment, or errors; all if it is left out"
    )


def run(options: argparse.Namespace) -> int:
    print(explain(options.model) if options.model else explain_all())
    return 0
