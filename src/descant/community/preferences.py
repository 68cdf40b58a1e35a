"""The page on which a person says how she reads, where others may find her, and whom she does not read."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from descant.accounts.models import Block, Preferences, Profile, User
from descant.accounts.preferring import BadChoice, keep_preferences, show_profile, unblock_person
from descant.community.signed_in import for_people
from descant.followups.models import Activity
from descant.forums.models import Forum, Role

LATELY = 1_000  # comments that are looked at for the forums she writes on


class Reading(forms.Form):
    """How she reads."""

    order = forms.ChoiceField(
        label=gettext_lazy("Order of comments"),
        required=False,
        choices=[
            (Preferences.Order.SITE, gettext_lazy("As the site has it")),
            (Preferences.Order.BEST, gettext_lazy("Best first")),
            (Preferences.Order.NEWEST, gettext_lazy("Newest first")),
            (Preferences.Order.OLDEST, gettext_lazy("Oldest first")),
        ],
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    mail = forms.ChoiceField(
        label=gettext_lazy("Mail about replies"),
        choices=[
            (Preferences.Mail.REPLIES, gettext_lazy("At once")),
            (Preferences.Mail.DAILY, gettext_lazy("Once a day")),
            (Preferences.Mail.NEVER, gettext_lazy("Never")),
        ],
        help_text=gettext_lazy("And about what else you follow. They go to your confirmed address."),
    )
    live = forms.BooleanField(
        label=gettext_lazy("Tell me of new comments while I read"),
        required=False,
        help_text=gettext_lazy("It says how many there are, and shows them when you like."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["language"].choices = [("", _("As the site has it")), *settings.LANGUAGES]  # type: ignore[attr-defined]


class Seen(forms.Form):
    """Where others may find her."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Who may read it?"),
        widget=forms.RadioSelect,
        choices=[
            (Profile.Scope.NOBODY, gettext_lazy("Nobody: there is no such page")),
            (Profile.Scope.FORUMS, gettext_lazy("Everybody, with what I write on the forums I choose")),
            (Profile.Scope.EVERYWHERE, gettext_lazy("Everybody, with what I write on any forum")),
        ],
    )
    name = forms.CharField(
        label=gettext_lazy("Name in its address"),
        required=False,
        max_length=40,
        help_text=gettext_lazy(
            "a-z, 0-9 and hyphens. It need not be the name you sign in with, and better is not."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr"}),
    )
    forums = forms.MultipleChoiceField(
        label=gettext_lazy("Forums"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, forums: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["forums"].choices = forums  # type: ignore[attr-defined]
        if not forums:
            del self.fields["forums"]


@for_people
def preferences(request: HttpRequest, user: User) -> HttpResponse:
    posted = request.POST
    if "unblock" in posted:
        unblock_person(user=user, whom=posted["unblock"].replace("\0", "")[:42])
        return _again(request)
    reading = _reading(user, posted if "read" in posted else None)
    if reading.is_bound and reading.is_valid() and _is_kept(reading, lambda: _keep(user, reading)):
        return _again(request)
    seen = _seen(user, posted if "show" in posted else None)
    if seen.is_bound and seen.is_valid() and _is_kept(seen, lambda: _show(user, seen)):
        return _again(request)
    shown = {
        "reading": reading,
        "seen": seen,
        "profile": Profile.objects.filter(user_id=user.pk).first(),
        "blocks": Block.objects.filter(user_id=user.pk).order_by("shown", "id"),
        "roles": Role.objects.filter(user_id=user.pk).select_related("forum").order_by("forum__name", "id"),
    }
    return render(request, "community/preferences.html", shown)


def _reading(user: User, posted: Any) -> Reading:
    kept = Preferences.objects.filter(user_id=user.pk).first() or Preferences(user_id=user.pk)
    return Reading(posted, initial={name: getattr(kept, name) for name in Reading.base_fields})


def _seen(user: User, posted: Any) -> Seen:
    """She may choose among the forums that she wrote on lately, and those that she has chosen before."""
    profile = Profile.objects.filter(user_id=user.pk).prefetch_related("shown_on").first()
    chosen = {each.forum_id for each in profile.shown_on.all()} if profile else set()
    rows = Activity.objects.filter(user_id=user.pk).order_by("-posted_at", "-id")
    written = set(rows.values_list("forum_id", flat=True)[:LATELY])
    known = Forum.objects.filter(pk__in=written | chosen).order_by("title", "id")
    now = {
        "scope": profile.scope if profile else Profile.Scope.NOBODY,
        "name": profile.name if profile else slugify(user.name)[:40],
        "forums": [str(forum_id) for forum_id in chosen],
    }
    return Seen(posted, initial=now, forums=[(str(forum.pk), forum.title) for forum in known])


def _keep(user: User, reading: Reading) -> None:
    keep_preferences(user=user, **reading.cleaned_data)


def _show(user: User, seen: Seen) -> None:
    said = seen.cleaned_data
    forum_ids = [int(each) for each in said.get("forums", ())]
    show_profile(user=user, name=said["name"], scope=said["scope"], forum_ids=forum_ids)


def _is_kept(form: forms.Form, keep: Callable[[], None]) -> bool:
    try:
        keep()
    except BadChoice as error:
        form.add_error("name" if "name" in form.fields else None, str(error))
        return False
    return True


def _again(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect(request.path)
