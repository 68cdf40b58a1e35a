"""The application that the server runs; see docs/decisions/front.md for why by Granian's own interface."""

import os
from importlib import import_module

import django

from descant.operate.upgrading import check_databases

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "descant.site.settings")

django.setup()
# These import models, which exist only now.
application = import_module("descant.site.front.answering").Front()
check_databases()
import_module("django_headroom.operations.switches.listening").watch()
