"""The application that the server runs: for now Django itself, behind WSGI (see docs/decisions/wsgi.md)."""

import os

from django.core.wsgi import get_wsgi_application

from descant.operate.upgrading import check_databases

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "descant.site.settings")

application = get_wsgi_application()
check_databases()
