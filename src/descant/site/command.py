"""The `descant` command: finds the module of a noun, lets it read the words after it, and runs it."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from descant import __version__
from descant.operate.commands import CommandFailed
from descant.operate.upgrading import check_databases
from django_headroom.ids import WrongSlot

# Every command, in the order in which they are listed. Models must be ready before these modules are imported, so
# they stand here by name. A module may say in REFUSALS which other exceptions have a message for people.
COMMANDS = {
    "serve": "descant.site.serving",
    "upgrade": "descant.operate.commands.upgrade",
    "worker": "descant.operate.commands.worker",
    "events": "descant.operate.commands.events",
    "jobs": "descant.operate.commands.jobs",
    "errors": "descant.operate.pages.errors.command",
    "partition": "descant.operate.commands.partition",
    "forum": "descant.operate.commands.forum",
    "user": "descant.operate.commands.user",
    "apikey": "descant.operate.commands.apikey",
    "mail": "descant.operate.commands.mail",
    "sso": "descant.operate.commands.sso",
    "rule": "descant.operate.commands.rule",
    "import": "descant.exchange.command",
    "export": "descant.exchange.leaving.command",
    "settings": "descant.site.configuring.explaining",
    "switch": "descant.operate.switches.command",
    "router": "descant.operate.commands.router",
    "search": "descant.operate.commands.search",
    "slow": "descant.operate.commands.watching.slow",
    "metrics": "descant.operate.commands.watching.metrics",
    "dbwatch": "descant.operate.commands.watching.dbwatch",
    "audit": "descant.operate.commands.audit",
    "seed": "descant.operate.commands.seed",
}

# The supervisor of a site chooses the environment that settings are read from, and holds no database open.
WITHOUT_DJANGO = {"serve"}
# Databases may not be there yet, or of an earlier version; every other command finds them as they should be.
BEFORE_DATABASES = {"serve", "upgrade", "settings"}

MANAGE_HELP = "Django's own commands: descant manage shell, descant manage help"


class Command(Protocol):
    """What a module of a command offers."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name, and return its exit code."""
    try:
        return follow(list(sys.argv[1:] if words is None else words), is_program=words is None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does; nothing more can be said to it, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def follow(words: list[str], *, is_program: bool = False) -> int:
    """What has a process of its own hears when a switch is turned, for as long as it runs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "descant.site.settings")
    if not words or words[0] in ("help", "-h", "--help"):
        print(overview())
        return 0
    if words[0] in ("version", "--version"):
        print(f"descant {__version__}")
        return 0
    if words[0] == "manage":
        if words[1:2] == ["shell"]:
            django.setup()
            hear_switches()
        execute_from_command_line(["descant manage", *words[1:]])
        return 0
    if words[0] not in COMMANDS:
        print(f"descant: there is no command {words[0]!r}; `descant help` lists them.", file=sys.stderr)
        return 2
    command = load(words[0])
    if is_program and words[0] not in BEFORE_DATABASES and not {"-h", "--help"} & {*words}:
        hear_switches()
    return run(command, words[1:])


def hear_switches() -> None:
    import_module("django_headroom.operations.switches.listening").watch()


def run(command: Command, words: Sequence[str]) -> int:
    """Let a command read its words and do its work; a refusal is one line on standard error."""
    parser = argparse.ArgumentParser(prog=f"descant {command.NAME}", description=command.HELP)
    try:
        command.add_arguments(parser)
        options = parser.parse_args(words)
        if command.NAME not in BEFORE_DATABASES:
            check_databases()
        return command.run(options)
    except (CommandFailed, WrongSlot, *getattr(command, "REFUSALS", ())) as refused:
        print(f"descant {command.NAME}: {refused}", file=sys.stderr)
        return 2


def load(name: str) -> Command:
    if name not in WITHOUT_DJANGO:
        try:
            django.setup()
        except ImproperlyConfigured as wrong:
            print(f"descant: the settings cannot be used: {wrong}", file=sys.stderr)
            raise SystemExit(2) from wrong
    return cast(Command, import_module(COMMANDS[name]))


def overview() -> str:
    """All commands with one line each."""
    described = [(name, load(name).HELP) for name in COMMANDS] + [("manage", MANAGE_HELP)]
    lines = [f"  descant {name:<10}{text}" for name, text in described]
    return "\n".join(
        [
            f"Descant {__version__}: comments for many websites.",
            "",
            *lines,
            "",
            "`descant COMMAND --help` says more. DESCANT_DATA names the data folder (default: ./data).",
        ]
    )
