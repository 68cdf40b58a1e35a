"""Texts as they stand in XML 1.0, which has no control characters and no lone surrogates."""

import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Of our own, beside what the formats have; who reads the formats passes it by.
NAMESPACE = "urn:descant:1"


def element(name: str, text: str) -> str:
    """An element with a text, on a line of its own."""
    return f"<{name}>{escape(clean(text))}</{name}>\n" if text else f"<{name}/>\n"


def cdata(name: str, text: str) -> str:
    """The same for HTML, in a CDATA section, or in two where the text would end it."""
    inner = clean(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{inner}]]></{name}>\n"


def marked(name: str, own_id: str) -> str:
    """The name of an element with its ``dsq:id``."""
    return f"{name} dsq:id={quoteattr(clean(own_id))}"


def yes_or_no(value: bool) -> str:
    return "true" if value else "false"


def clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def exact(at: datetime) -> str:
    """A time with its microseconds, if it has some: the formats have whole seconds."""
    if not at.microsecond:
        return ""
    return element("descant:exactTime", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
