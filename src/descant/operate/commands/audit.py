"""`descant audit`: counts the rows that point at what is gone, by keys that lead from one database into another."""

import argparse

from django.apps import apps
from django.db import router

from descant.operate.commands import CommandFailed
from descant.operate.upgrading import aliases
from django_headroom.joins import count_orphans

NAME = "audit"
HELP = "count rows that point at what is gone, where no database watches"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("database", nargs="*", help="such as p1; by default every one")


def run(options: argparse.Namespace) -> int:
    for alias in options.database:
        if alias not in aliases():
            raise CommandFailed(f"there is no database {alias!r}; there are {', '.join(aliases())}.")
    orphans = 0
    for alias in options.database or aliases():
        for model in apps.get_models():
            if model._meta.managed and not model._meta.proxy and router.allow_migrate_model(alias, model):
                for key, rows in count_orphans(model, alias).items():
                    orphans += rows
                    if rows:
                        print(alias, f"{model._meta.label}.{key}", rows, sep="\t")
    print(f"Rows that point at what is gone: {orphans}.")
    return 1 if orphans else 0
