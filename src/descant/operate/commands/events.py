"""`descant events`: what waits to be told, what was tried in vain, and telling it again or letting it go."""

import argparse

from descant.operate.commands import CommandFailed
from descant.operate.letters import NoLetter, chosen
from descant.operate.upgrading import aliases
from django_headroom.delayed.letters import dead_letters, drop, replay, waiting

NAME = "events"
HELP = "what waits for the worker; dead letters: seen, told again, dropped"
MOST = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser(
        "list", help="how much waits in each database and lane, and since when; exit code 1 for dead letters"
    )
    dead = acts.add_parser("dead", help="dead letters with the last line of their error, the latest first")
    dead.add_argument("--traceback", action="store_true", help="with all of it")
    for act in (
        acts.add_parser("replay", help="tell dead letters again"),
        acts.add_parser("drop", help="delete dead letters"),
    ):
        act.add_argument(
            "letters", nargs="*", metavar="DATABASE:NUMBER", help="as `descant events dead` prints them"
        )
        act.add_argument("--all", action="store_true", help="every one")


def run(options: argparse.Namespace) -> int:
    if options.act == "list":
        return _list()
    if options.act == "dead":
        return _dead(options.traceback)
    act, done = (replay, "told again") if options.act == "replay" else (drop, "dropped")
    print(f"{sum(act(alias, keys) for alias, keys in _chosen(options).items())} {done}.")
    return 0


def _list() -> int:
    found = waiting(aliases())
    print("database\tlane\tevents\tdead\toldest")
    for each in found:
        oldest = each.oldest.isoformat(timespec="seconds") if each.oldest else "-"
        print(f"{each.alias}\t{each.lane.name.lower()}\t{each.events}\t{each.dead}\t{oldest}")
    return 1 if any(each.dead for each in found) else 0


def _dead(with_traceback: bool) -> int:
    for alias in aliases():
        for letter in dead_letters(alias)[:MOST]:
            error = letter.error.strip()
            shown = error if with_traceback else error.rpartition("\n")[2]
            print(f"{alias}:{letter.pk}\t{letter.signal}\t{letter.only or '-'}\t{letter.tries}\t{shown}")
    return 0


def _chosen(options: argparse.Namespace) -> dict[str, list[int] | None]:
    if options.all == bool(options.letters):
        raise CommandFailed("name letters as `descant events dead` prints them, or say --all")
    try:
        return chosen(None if options.all else options.letters)
    except NoLetter as error:
        raise CommandFailed(
            f"{error.args[0]!r} is no letter: write it as `descant events dead` prints it, p1:42"
        ) from error
