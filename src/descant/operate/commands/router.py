"""`descant router explain MODEL`: where a model's rows are read, written and migrated, and who says so."""

import argparse

from django_headroom.homes import UnknownHome, explain

NAME = "router"
HELP = "tell where a model's rows are, and why"
REFUSALS = (UnknownHome, LookupError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    explaining = verbs.add_parser("explain", help="tell it of one model")
    explaining.add_argument("model", help="its app and name, such as discussion.Comment")


def run(options: argparse.Namespace) -> int:
    print(explain(options.model))
    return 0
