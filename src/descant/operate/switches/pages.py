"""The pages of switches: what is switched on, and for whom one is; turned and turned back there."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from descant.operate.pages.asking import draw, for_operators
from descant.operate.switches.wording import Written, rule_in, state_of, words_for
from django_headroom.operations.switches import BadRule, Rule, Switch, declared, knowing
from django_headroom.operations.switches.models import Turn
from django_headroom.operations.switches.rules import of_default
from django_headroom.operations.switches.turning import (
    NobodyHeard,
    TurnRefused,
    history,
    revert,
    standing,
    turn,
)

TURNS = 30


class Stand(NamedTuple):
    """How a switch stands, and by which turn."""

    switch: Switch
    rule: Rule
    turn: Turn | None = None

    @property
    def state(self) -> str:
        return state_of(self.rule)

    @property
    def words(self) -> str:
        return words_for(self.rule)

    @property
    def is_as_declared(self) -> bool:
        """Whether it stands as if nobody had ever turned it."""
        return self.rule == of_default(self.switch.default)

    @property
    def percent(self) -> str:
        """As the form writes it."""
        return f"{self.rule.percent:g}"

    @property
    def named(self) -> Mapping[str, str]:
        """Who is named in its rule, as the form writes it."""
        sides = {"always": self.rule.always, "never": self.rule.never}
        return {
            f"{side}_{kind}": " ".join(sorted(names))
            for side, each in sides.items()
            for kind, names in each.items()
        }


@require_safe
@for_operators
def switches(request: HttpRequest) -> HttpResponse:
    """What is switched on?"""
    try:
        turns, is_away = standing(), False
    except NobodyHeard:
        turns, is_away = {}, True
    stands = [_stand(each, turns.get(each.name)) for each in declared().values()]
    return draw(request, "switches.html", {"stands": stands, "is_away": is_away})


@require_http_methods(["GET", "HEAD", "POST"])
@for_operators
def switch(request: HttpRequest, name: str) -> HttpResponse:
    """For whom is it on? A POST turns it, or turns it back."""
    if name not in declared():
        raise Http404
    refused = ""
    if request.method == "POST":
        try:
            messages.success(request, _turned(request, name))
            return redirect("operate_switch", name=name)
        except (BadRule, TurnRefused) as wrong:
            refused = str(wrong)
        except NobodyHeard:
            refused = _("No database that keeps the switches can be reached: try again in a moment.")
    try:
        turns: Sequence[Turn] = history(name, most=TURNS)
    except NobodyHeard:
        turns = ()
    stand = _stand(declared()[name], turns[0] if turns else None)
    past = [Stand(stand.switch, Rule.from_json(each.rule), each) for each in turns]
    given = {"stand": stand, "past": past, "refused": refused, "written": request.POST}
    return draw(request, "switch.html", given, status=400 if refused else 200)


def _turned(request: HttpRequest, name: str) -> str:
    """Turn as the form says; returns what came of it."""
    form, by = request.POST, request.user.get_username()
    why = form.get("why", "").strip()
    version = form.get("revert", "")
    if version.isascii() and version.isdecimal() and len(version) < 19:
        made = revert(int(version), by=by, why=why or _("turned back"))
    elif not why:
        raise TurnRefused(_("Say why: whoever reads the history will ask."))
    else:
        made = turn(name, rule_in(_written(request)), by=by, why=why)
    return _("%(name)s is now on %(words)s.") % {
        "name": made.switch,
        "words": words_for(Rule.from_json(made.rule)),
    }


def _written(request: HttpRequest) -> Written:
    form = request.POST
    to = form.get("to", "")
    if to in ("on", "off"):
        return Written(percent=to)
    return Written(
        percent=form.get("percent", "") or "0",
        always={kind: form.get(f"always_{kind}", "").split() for kind in ("forum", "actor")},
        never={kind: form.get(f"never_{kind}", "").split() for kind in ("forum", "actor")},
        of="forum" if form.get("of") == "forum" else "actor",
        staff="staff" in form,
        labs="labs" in form,
        begins=form.get("begins", ""),
        ends=form.get("ends", ""),
    )


def _stand(switch: Switch, last: Turn | None) -> Stand:
    if last is not None:
        return Stand(switch, Rule.from_json(last.rule), last)
    return Stand(switch, knowing.rule_of(switch.name) or of_default(switch.unread))
