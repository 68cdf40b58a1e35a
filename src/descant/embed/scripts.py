"""The two scripts that other people's pages load, and the counts that one of them asks for."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext, override
from django.views.decorators.http import require_safe

from descant.discussion.addressing.counts import count_comments
from descant.embed.lean import lean
from descant.forums.caches.sending import cacheable
from descant.forums.directory import UnknownForum, forum_named

FILES = Path(__file__).parent / "static" / "descant"
SCRIPT = "text/javascript; charset=utf-8"
SCRIPT_SECONDS = 600
COUNT_SECONDS = 60
COUNTS_MOST = 60


@require_safe
def loader(request: HttpRequest, shortname: str = "") -> HttpResponse:
    """``embed.js``, the same for every forum."""
    return cacheable(request, _script("embed.js"), SCRIPT, SCRIPT_SECONDS)


@require_safe
def counter(request: HttpRequest, shortname: str = "") -> HttpResponse:
    """``count.js``, the same for every forum."""
    return cacheable(request, _script("count.js"), SCRIPT, SCRIPT_SECONDS)


@require_safe
def count_data(request: HttpRequest, shortname: str = "") -> HttpResponse:
    """The counts of many pages as a script: ``1=identifier`` and ``2=URL``, each as often as needed."""
    name = request.GET.get("f") or shortname or _label(request)
    wanted = [("identifier", each) for each in request.GET.getlist("1") if each]
    wanted += [("url", each) for each in request.GET.getlist("2") if each]
    if len(wanted) > COUNTS_MOST:
        return HttpResponse(f"// At most {COUNTS_MOST} pages at once.\n", status=400, content_type=SCRIPT)
    try:
        forum = forum_named(name)
    except UnknownForum:
        return HttpResponse("// There is no forum of this name here.\n", status=404, content_type=SCRIPT)
    counted = count_comments(forum=forum, wanted=wanted)
    counts = [{"id": value, "comments": number} for (_, value), number in counted.items()]
    with override(forum.language_for("")):
        text = {"and": gettext("and"), "comments": _forms(counted.values())}
    told = json.dumps({"text": text, "counts": counts}, separators=(",", ":"))
    return cacheable(request, f"DISQUSWIDGETS.displayCount({told});\n", SCRIPT, COUNT_SECONDS)


def _forms(numbers: Iterable[int]) -> dict[str, str]:
    """The three forms that themes of Disqus know, and each number for which a language has another."""
    several = ngettext("{num} Comment", "{num} Comments", 100)
    forms = {"zero": _comments(0), "one": _comments(1), "multiple": several}
    for number in sorted(set(numbers) - {0, 1}):
        if _comments(number) != several.replace("{num}", str(number)):
            forms[str(number)] = _comments(number)
    return forms


def _comments(number: int) -> str:
    return ngettext("{num} Comment", "{num} Comments", number).replace("{num}", str(number))


def _label(request: HttpRequest) -> str:
    """NAME of NAME.comments.example, where the site has such a wildcard host."""
    host = request.get_host().split(":")[0]
    suffix = settings.DESCANT_WILDCARD
    return host.removesuffix(suffix) if suffix and host.endswith(suffix) else ""


@cache
def _script(name: str) -> str:
    return lean((FILES / name).read_text()).replace("__WILDCARD__", settings.DESCANT_WILDCARD)
