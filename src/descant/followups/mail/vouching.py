"""Whether a mail comes from whom it says, by the word of the operator's own mail server (RFC 8601)."""

import re
from email.message import Message
from email.utils import getaddresses

from django.conf import settings

SENDER_MOST = 500
RESULTS_MOST = 10_000
# What strangers may have a say in: what they wrote is quoted or told in a comment.
_QUOTED = re.compile(r'"[^"]*"|\([^()]*\)')


def sender_of(head: Message) -> str:
    """The one address that it comes from; empty if it names none or several, or if the server does not vouch for it."""
    written = [str(value)[:SENDER_MOST] for value in head.get_all("From", [])]
    addresses = [address for _name, address in getaddresses(written) if address]
    is_one = len(written) == len(addresses) == 1
    return addresses[0] if is_one and _is_vouched_for(head) else ""


def _is_vouched_for(head: Message) -> bool:
    """By the topmost line of the server: it puts its own above whatever came with the mail."""
    server = settings.DESCANT_MAIL_AUTHENTICATED_BY.lower()
    if not server:
        return True
    for line in head.get_all("Authentication-Results", []):
        said = _QUOTED.sub(" ", str(line)[:RESULTS_MOST]).lower()
        name, *results = [each.split() for each in said.split(";")]
        if name[:1] == [server]:
            return any(result[:1] == ["dmarc=pass"] for result in results)
    return False
