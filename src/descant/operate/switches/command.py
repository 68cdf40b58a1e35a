"""`descant switch`: what is on and for whom; turned for every process of the site, and turned back."""

import argparse
import getpass

from descant.operate.commands import CommandFailed
from descant.operate.switches.wording import Written, rule_in, state_of, words_for, written_moment
from django_headroom.operations.switches import BadRule, Rule, Switch, declared
from django_headroom.operations.switches.models import Turn
from django_headroom.operations.switches.rules import of_default
from django_headroom.operations.switches.turning import (
    NobodyHeard,
    TurnRefused,
    history,
    revert,
    standing,
    turn,
)

NAME = "switch"
HELP = "what is on and for whom; turned for every process in a moment, and turned back"
REFUSALS = (BadRule, TurnRefused, NobodyHeard)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="every switch: its state, for whom it is on")
    verbs.add_parser("show", help="one switch: what it is, and who turned it last").add_argument("name")
    _add_rule(verbs.add_parser("set", help="have a switch stand as is written, and no otherwise"))
    back = verbs.add_parser("revert", help="have a switch stand as it did before a turn")
    back.add_argument("turn", type=int, help="its number, as `descant switch history` prints it")
    back.add_argument("--why", default="turned back")
    back.add_argument("--by", default="", help="who it is that turns")
    told = verbs.add_parser("history", help="what was turned, the latest first")
    told.add_argument("name", nargs="?", default="")


def _add_rule(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("name")
    verb.add_argument("percent", metavar="on|off|PERCENT")
    verb.add_argument("--why", required=True, help="for whoever reads the history")
    verb.add_argument("--by", default="", help="who it is that turns; else who is signed in to this machine")
    verb.add_argument("--of", choices=("actor", "forum"), default="actor", help="of what it is a percentage")
    verb.add_argument("--forum", action="append", default=[], help="on there, whatever the percentage")
    verb.add_argument("--not-forum", action="append", default=[], help="off there, whatever else is said")
    verb.add_argument("--actor", action="append", default=[], help="on for her: u42 is the account 42")
    verb.add_argument("--not-actor", action="append", default=[], help="off for her")
    verb.add_argument("--staff", action="store_true", help="on for the staff")
    verb.add_argument("--labs", action="store_true", help="on for those who have chosen it")
    verb.add_argument("--begins", default="", metavar="MOMENT", help="off before: 2026-12-01T08:00, in UTC")
    verb.add_argument("--ends", default="", metavar="MOMENT", help="off from then on")


def run(options: argparse.Namespace) -> int:
    if options.verb == "list":
        _list()
    elif options.verb == "show":
        _show(options.name)
    elif options.verb == "history":
        _history(options.name)
    else:
        by = options.by or getpass.getuser()
        if options.verb == "set":
            made = turn(options.name, rule_in(_written(options)), by=by, why=options.why)
        else:
            made = revert(options.turn, by=by, why=options.why)
        print(f"{made.switch} is on {words_for(Rule.from_json(made.rule))} (turn {made.version}).")
    return 0


def _list() -> None:
    turns = standing()
    print("switch\tstate\ton")
    for name in declared():
        rule = _rule(name, turns.get(name))
        print(f"{name}\t{state_of(rule)}\t{words_for(rule)}")


def _show(name: str) -> None:
    if name not in declared():
        raise CommandFailed(f"there is no switch {name!r}; `descant switch list` lists them")
    switch, last = declared()[name], standing().get(name)
    print(f"{name}: {switch.says}")
    print(f"on\t{words_for(_rule(name, last))}")
    if last is not None:
        print(f"since\t{written_moment(last.turned_at)}, by {last.by}: {last.why} (turn {last.version})")
    unread = "on" if switch.unread else "off"
    print(f"declared\t{words_for(of_default(switch.default))}; {unread} where no state can be read")
    print(f"owner\t{switch.owner}; {_end(switch)}")
    if switch.guard is not None:
        print(f"guard\t{switch.guard}")


def _end(switch: Switch) -> str:
    if switch.until is None:
        return "it stays"
    return f"to be gone by {switch.until}{', which is over' if switch.is_over else ''}"


def _history(name: str) -> None:
    print("turn\twhen\tswitch\ton\tby\twhy")
    for each in history(name):
        back = f" (reverts {each.reverts})" if each.reverts else ""
        words = words_for(Rule.from_json(each.rule))
        when = written_moment(each.turned_at)
        print(f"{each.version}\t{when}\t{each.switch}\t{words}\t{each.by}\t{each.why}{back}")


def _written(options: argparse.Namespace) -> Written:
    return Written(
        percent=options.percent,
        always={"forum": options.forum, "actor": options.actor},
        never={"forum": options.not_forum, "actor": options.not_actor},
        of=options.of,
        staff=options.staff,
        labs=options.labs,
        begins=options.begins,
        ends=options.ends,
    )


def _rule(name: str, last: Turn | None) -> Rule:
    return Rule.from_json(last.rule) if last else of_default(declared()[name].default)
