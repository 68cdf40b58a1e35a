"""The fields of the settings, and what they say of themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from descant.forums.look import FIELDS, BadLook, read_look
from descant.forums.models import CATEGORY_TITLE_MOST, Premoderation, Role, WhenUnjudged

KINDS = {Role.Kind.OWNER: _("Owner"), Role.Kind.MODERATOR: _("Moderator"), Role.Kind.TRUSTED: _("Trusted")}
_LOOKS = {
    "light_background": _("Ground on light pages"),
    "light_text": _("Text on light pages"),
    "light_accent": _("Links and buttons on light pages"),
    "dark_background": _("Ground on dark pages"),
    "dark_text": _("Text on dark pages"),
    "dark_accent": _("Links and buttons on dark pages"),
}


class Kept(forms.Form):
    """A change that the history of the forum keeps."""

    why = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=500,
        help_text=_("The history of the forum keeps it."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.order_fields([name for name in self.fields if name != "why"])


class General(Kept):
    """Who may write, and when it is shown."""

    title = forms.CharField(label=_("Title"), max_length=200)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=lambda: settings.LANGUAGES,
        help_text=_("Spoken where the page does not ask for another."),
    )
    premoderation = forms.ChoiceField(
        label=_("Whose comments wait for a moderator?"),
        widget=forms.RadioSelect,
        choices=[
            (Premoderation.NOBODY, _("Nobody's")),
            (Premoderation.FIRST, _("Everybody's first comment")),
            (Premoderation.GUESTS, _("Those of guests")),
            (Premoderation.EVERYBODY, _("All")),
        ],
    )
    guests_may_post = forms.BooleanField(label=_("Guests may write"), required=False)
    flags_to_hold = forms.IntegerField(
        label=_("Flags that hold a comment"),
        min_value=0,
        max_value=1000,
        help_text=_("So many different people must flag it. 0: no number does."),
    )
    when_unjudged = forms.ChoiceField(
        label=_("What was not judged in time is"),
        widget=forms.RadioSelect,
        choices=[
            (WhenUnjudged.PASS, _("shown, and judged later")),
            (WhenUnjudged.HOLD, _("held until it is")),
        ],
    )
    has_labs = forms.BooleanField(
        label=_("Readers may try what is new"),
        required=False,
        help_text=_(
            "Each chooses for herself, under “Labs” in her account; what she tries is there for her alone."
        ),
    )


class Policy(Kept):
    """What the owner asks of people, and what people may know of what she does."""

    policy = forms.CharField(
        label=_("Policy"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto"}),
        help_text=_("Everybody can read it on the page of the forum."),
    )
    is_transparent = forms.BooleanField(
        label=_("Everybody may read what moderators have decided"), required=False
    )
    shadow_bans = forms.BooleanField(
        label=_("Moderators may ban in secret"),
        required=False,
        help_text=_("The page of the forum then says so. Who is banned openly is told why, and can appeal."),
    )


class Look(Kept):
    """Colours and font where a page says none."""

    font = forms.CharField(
        label=_("Font"), required=False, max_length=200, help_text=_("For example: Georgia, serif")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in FIELDS:
            attributes = {
                "placeholder": "#1557c0",
                "autocomplete": "off",
                "spellcheck": "false",
                "dir": "ltr",
            }
            self.fields[name] = forms.CharField(
                label=_LOOKS[name], required=False, max_length=7, widget=forms.TextInput(attrs=attributes)
            )
        self.order_fields(["font", *FIELDS])

    def clean(self) -> dict[str, Any]:
        try:
            return {"look": read_look(self.cleaned_data), "why": self.cleaned_data.get("why", "")}
        except BadLook as error:
            raise ValidationError({error.field: str(error)}) from error


class Host(Kept):
    """One more domain."""

    domain = forms.CharField(
        label=_("Domain"),
        max_length=300,
        help_text=_("blog.example, *.blog.example or blog.example:8001"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )


class Titled(Kept):
    """One more category."""

    title = forms.CharField(
        label=_("Title"),
        max_length=CATEGORY_TITLE_MOST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


class Naming(Kept):
    """A role for somebody."""

    whom = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=254,
        help_text=_("A user name has the role at once; an address is sent an invitation."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    kind = forms.ChoiceField(label=_("Role"), choices=list(KINDS.items()), initial=Role.Kind.MODERATOR)
