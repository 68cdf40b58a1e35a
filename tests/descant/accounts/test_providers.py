"""A provider is configured by the environment and the local settings file; no code knows it."""

import json
import os
import subprocess
import sys
from pathlib import Path

SETTINGS = """
SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [{"client_id": "our-id", "secret": "our-secret"}]}}
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
"""
PROGRAM = """
import json
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", database="default", verbosity=0)
browser = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
asked = "/embed/sign-in/?f=gazette"
login = browser.get("/accounts/login/", {"next": asked})
page = browser.get("/accounts/github/login/", {"next": asked})
away = browser.post(
    "/accounts/github/login/?process=login", {"csrfmiddlewaretoken": browser.cookies["descant_csrf"].value}
)
forged = browser.post("/accounts/github/login/")
print(json.dumps({
    "login": login.content.decode(),
    "login policy": login.headers["Content-Security-Policy"],
    "page": page.content.decode(),
    "page policy": page.headers["Content-Security-Policy"],
    "away": [away.status_code, away.headers.get("Location", "")],
    "forged": forged.status_code,
}))
"""


def test_a_configured_provider_has_its_button_and_its_own_page(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(SETTINGS)
    environment = {name: said for name, said in os.environ.items() if not name.startswith("DESCANT_")}
    environment |= {"DESCANT_DATA": str(tmp_path), "DESCANT_SOCIAL": "github"}
    environment |= {"DJANGO_SETTINGS_MODULE": "descant.site.settings"}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert "Continue with GitHub" in told["login"]
    assert "form-action 'self';" in told["login policy"]
    assert "GitHub asks who you are" in told["page"]
    assert "form-action 'self' https:;" in told["page policy"]
    assert "password" not in told["page"]
    status, address = told["away"]
    assert status == 302
    assert address.startswith("https://github.com/login/oauth/authorize?client_id=our-id")
    assert "state=" in address
    assert told["forged"] == 403
