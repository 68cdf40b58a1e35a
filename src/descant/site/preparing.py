"""Brings a site's databases and files to where this version wants them; run as a program before each start.

Prints one line of JSON on standard output: how the demo's owner signs in, or `null` without a demo. Everything else
that is said on the way goes to standard error.
"""

import contextlib
import dataclasses
import json
import os
import sys
from importlib import import_module

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError

from descant.operate.commands import CommandFailed
from descant.site.configuring.production import faults_of_production, is_in_production
from django_headroom.ids import WrongSlot


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "descant.site.settings")
    django.setup()
    refuse_in_production()
    with contextlib.redirect_stdout(sys.stderr):
        # Both import models, which exist only now.
        import_module("descant.operate.upgrading").upgrade_all(backup=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        welcome = prepare_demo() if os.environ.get("DESCANT_DEMO") == "1" else None
    print(json.dumps(welcome))


def refuse_in_production() -> None:
    """Raises: CommandFailed: strangers can reach the site, and it has what such a site must not have."""
    faults = faults_of_production(settings) if is_in_production(settings) else []
    if faults:
        raise CommandFailed(f"{settings.DESCANT_URL} must not be opened so. " + " ".join(faults))


def prepare_demo() -> dict[str, str]:
    welcoming = import_module("descant.operate.welcoming")
    welcome = welcoming.prepare_demo(
        service_url=os.environ["DESCANT_SERVICE_URL"], demo_url=os.environ["DESCANT_DEMO_URL"]
    )
    return dataclasses.asdict(welcome)


if __name__ == "__main__":
    try:
        main()
    except (CommandFailed, ImproperlyConfigured, OperationalError, WrongSlot) as refused:
        sys.exit(f"{refused}".strip())
