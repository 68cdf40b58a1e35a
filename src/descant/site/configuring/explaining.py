"""`descant settings`: what each setting is, who says so, and what it would be otherwise; secrets stay masked."""

import argparse
import os
import re
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from django.conf import global_settings, settings

from descant.operate.commands import CommandFailed
from descant.site.configuring.production import faults_of_production
from descant.site.configuring.variables import PREFIX, Variables

NAME = "settings"
HELP = "tell what each setting is and who says so, and what a site in production must not have"

MASKED = "(masked)"
_SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|CREDENTIAL|DSN|(?<![A-Z])KEY(?![A-Z])")
_SIGNED_IN = re.compile(r"(?<=://)[^/@\s'\"]+@")  # user:password@ of an address


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--explain", metavar="KEY", help="one setting: DESCANT_PORT, or any of Django's")
    parser.add_argument("--all", action="store_true", help="list also what is not set")
    parser.add_argument("--check", action="store_true", help="whether the site may go into production")


def run(options: argparse.Namespace) -> int:
    if options.check:
        faults = faults_of_production(settings)
        print("\n".join(faults) or "Nothing stands in the way of production.")
        return 1 if faults else 0
    if options.explain:
        print(explain(options.explain))
        return 0
    said = _said()
    for name in sorted(said.known()):
        if options.all or os.environ.get(name):
            print(f"{name}={_shown(name, os.environ.get(name, ''))}")
    return 0


def explain(name: str) -> str:
    """What a setting is, where that was said, and what it is without a word.

    Raises:
        CommandFailed: there is no such setting.
    """
    return (
        _explain_variable(name)
        if name.startswith(PREFIX) and name in _names_of_variables()
        else _explain(name)
    )


def _explain_variable(name: str) -> str:
    reading = _said().readings.get(name)
    said = os.environ.get(name)
    default = reading.default if reading else ""
    lines = [
        f"{name} = {_shown(name, said or default) or '(nothing)'}",
        f"  from     {'the environment' if said else 'its default'}",
        f"  default  {_shown(name, default) or '(nothing)'}",
    ]
    if reading:
        lines.append(f"  may be   {reading.kind}")
    return "\n".join(lines)


def _explain(name: str) -> str:
    if not name.isupper() or not hasattr(settings, name):
        near = get_close_matches(name.upper(), {*_names_of_variables(), *dir(settings)}, n=1)
        raise CommandFailed(f"There is no setting {name}{f'; do you mean {near[0]}?' if near else '.'}")
    module = _module()
    if name in getattr(module, "FROM_THE_FILE", ()):
        origin = str(module.LOCAL_FILE)
    elif hasattr(module, name):
        origin = "Descant's own settings, made from the variables: descant settings --all"
    else:
        origin = "Django's default"
    default = (
        _shown(name, getattr(global_settings, name)) if hasattr(global_settings, name) else "(none in Django)"
    )
    return f"{name} = {_shown(name, getattr(settings, name))}\n  from     {origin}\n  default  {default}"


def _shown(name: str, value: object) -> str:
    """A value as it may be read over a shoulder: without secrets, at any depth."""
    if value in ("", None):
        return "" if value == "" else "None"
    if _SECRET.search(name):
        return MASKED
    return value if isinstance(value, str) and not _SIGNED_IN.search(value) else str(_masked(value))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: MASKED if isinstance(key, str) and _SECRET.search(key.upper()) and each else _masked(each)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple, set)):
        return [_masked(each) for each in value]
    return _SIGNED_IN.sub(f"{MASKED}@", value) if isinstance(value, str) else value


def _names_of_variables() -> set[str]:
    return _said().known() | {name for name in os.environ if name.startswith(PREFIX)}


def _said() -> Variables:
    found: Variables = _module().said
    return found


def _module() -> Any:
    """The module that the settings are read from; it is there already."""
    return sys.modules.get(settings.SETTINGS_MODULE) or import_module(settings.SETTINGS_MODULE)
