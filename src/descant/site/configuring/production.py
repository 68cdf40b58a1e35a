"""What a site that strangers reach must not have: debugging, a weak secret, any host, waiting for ever."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

LEAST_SECRET = 40  # characters
LEAST_DIFFERENT = 12


def is_in_production(settings: Any) -> bool:
    """Whether the site's address is another than this machine's."""
    address = urlsplit(settings.DESCANT_URL)
    return address.scheme == "https" or not _is_loopback(address.hostname or "")


def faults_of_production(settings: Any) -> list[str]:
    """A sentence for each thing that must not be; an empty list means that the site may be opened."""
    return [
        *(
            ["DEBUG is on: an error would show strangers the settings. Switch it off."]
            if settings.DEBUG
            else []
        ),
        *_of_secret(settings),
        *_of_hosts(settings),
        *_of_waiting(settings),
    ]


def _of_secret(settings: Any) -> list[str]:
    secret = settings.SECRET_KEY
    if len(secret) >= LEAST_SECRET and len(set(secret)) >= LEAST_DIFFERENT and "insecure" not in secret:
        return []
    return [
        f"SECRET_KEY can be guessed: leave DESCANT_SECRET_KEY out, and one is made, or give it {LEAST_SECRET} random "
        "characters or more."
    ]


def _of_hosts(settings: Any) -> list[str]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        "ALLOWED_HOSTS takes any host, so that links could be made to lead elsewhere: name them in DESCANT_HOSTS."
    ]


def _of_waiting(settings: Any) -> list[str]:
    faults = []
    for alias, database in settings.DATABASES.items():
        if "postgresql" in database["ENGINE"] and not database.get("OPTIONS", {}).get("connect_timeout"):
            faults.append(
                f"DATABASES[{alias!r}] waits for ever for a server that hangs: set OPTIONS connect_timeout."
            )
    if any("postgresql" in each["ENGINE"] for each in settings.DATABASES.values()) and not (
        settings.HEADROOM.get("ANSWER_SECONDS")
    ):
        faults.append(
            "DESCANT_ANSWER_SECONDS is 0: a request would wait for ever for a statement. Set it to 1.5."
        )
    if not settings.EMAIL_TIMEOUT:
        faults.append(
            "EMAIL_TIMEOUT is not set: a letter would wait for ever for a mail server. Set it to 10."
        )
    return faults


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
