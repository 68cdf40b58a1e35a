"""The application that the server runs: for now Django itself, behind WSGI (see docs/decisions/wsgi.md)."""

import os
import sys

from django.core.wsgi import get_wsgi_application

# How long one thread may keep the interpreter while others wait, in seconds. With Python's 5 ms a thread that holds
# a database's lock waits for its turn after each statement, and everybody behind it waits as well.
SWITCH_INTERVAL = 0.0005

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "descant.site.settings")
sys.setswitchinterval(SWITCH_INTERVAL)

application = get_wsgi_application()
