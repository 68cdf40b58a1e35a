"""What was decided, in whole sentences: who did what to which comment or thread. Their order is the language's own."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markupsafe import Markup, escape

from descant.discussion.models import Decision
from descant.forums.models import Ban

SENTENCES = {
    "approve": gettext_lazy("%(who)s approved %(what)s"),
    "spam": gettext_lazy("%(who)s called %(what)s spam"),
    "delete": gettext_lazy("%(who)s deleted %(what)s"),
    "hide": gettext_lazy("%(who)s hid %(what)s"),
    "restore": gettext_lazy("%(who)s restored %(what)s"),
    "hold": gettext_lazy("%(who)s held %(what)s"),
    "edit": gettext_lazy("%(who)s edited %(what)s"),
    "pin": gettext_lazy("%(who)s pinned %(what)s"),
    "unpin": gettext_lazy("%(who)s took the pin off %(what)s"),
    "close": gettext_lazy("%(who)s closed %(what)s"),
    "reopen": gettext_lazy("%(who)s opened %(what)s again"),
    "rename": gettext_lazy("%(who)s called %(what)s otherwise"),
    "remove": gettext_lazy("%(who)s removed %(what)s, with all comments"),
    "merge": gettext_lazy("%(who)s merged %(what)s into another thread"),
    "undo": gettext_lazy("%(who)s undid what was decided about %(what)s"),
    "uphold": gettext_lazy("%(who)s left %(what)s as it was, after an appeal"),
}
# What a page for everybody counts by month.
COUNTED = {
    "approve": gettext_lazy("Comments approved"),
    "spam": gettext_lazy("Comments called spam"),
    "hide": gettext_lazy("Comments hidden"),
    "delete": gettext_lazy("Comments deleted"),
    "restore": gettext_lazy("Comments restored"),
    "edit": gettext_lazy("Comments edited by moderators"),
    "undo": gettext_lazy("Decisions undone"),
    "uphold": gettext_lazy("Decisions that stood after an appeal"),
}
BANS = {
    Ban.Kind.ACCOUNT: gettext_lazy("Accounts banned"),
    Ban.Kind.GUEST: gettext_lazy("Guests banned"),
    Ban.Kind.EMAIL: gettext_lazy("E-mail addresses banned"),
    Ban.Kind.ADDRESS: gettext_lazy("Network addresses banned"),
}


def sentence(decision: Decision, what: str) -> Markup:
    """A decision told; ``what`` is what it was about, as the object of the sentence."""
    said = SENTENCES.get(decision.verdict, "%(who)s: %(what)s")
    return Markup(escape(str(said))) % {"who": _who(decision), "what": escape(what)}


def _who(decision: Decision) -> Markup:
    """Nobody decides where a rule has: it was there before anybody."""
    if decision.by_id is None:
        return Markup("<b>%s</b>") % _("A rule")
    return Markup("<b><bdi>%s</bdi></b>") % (decision.by or _("Somebody who is gone"))
