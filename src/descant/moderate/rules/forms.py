"""What each kind of rule is asked by, in plain words: a form for each, and what it says once it is filled in."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from descant.discussion.judging.rules.people import RANGES_MOST
from descant.discussion.judging.rules.repeats import HOURS_MOST
from descant.forums.models import Rule
from descant.moderate.rules.kinds import SCRIPT_WORDS

LIST_MOST = 60_000  # letters of a list: of any script it stays below what a request may hold
EFFECTS = [
    (Rule.Effect.MARK, _("Mark it: it is shown, and a moderator is asked to look at it")),
    (Rule.Effect.HOLD, _("Hold it: it waits for a moderator")),
    (Rule.Effect.SPAM, _("Put it with the spam")),
]
PLACES = [("network", _("on all forums of this service")), ("forum", _("on this forum alone"))]
_LATIN = {"dir": "ltr", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


class Rules(forms.Form):
    """A rule of some kind: what it is for, what becomes of a comment that it meets, and why it is so."""

    kind: ClassVar[str]
    title = forms.CharField(
        label=_("Title"),
        max_length=100,
        help_text=_("What it is for, in a few words; it stands with every comment it meets."),
    )
    effect = forms.ChoiceField(
        label=_("What becomes of a comment that it meets"),
        choices=EFFECTS,
        widget=forms.RadioSelect,
        initial=Rule.Effect.HOLD,
    )
    why = forms.CharField(
        label=_("Why"), required=False, max_length=500, help_text=_("The history of the rule keeps it.")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)
        own = [name for name in self.fields if name not in ("title", "effect", "why")]
        self.order_fields(["title", *own, "effect", "why"])

    @property
    def said(self) -> dict[str, Any]:
        """What the rule looks for, of a form that is valid."""
        own = [name for name in self.fields if name not in ("title", "effect", "why")]
        return {name: self.cleaned_data[name] for name in own}

    @classmethod
    def of(cls, rule: Rule) -> "Rules":
        """The form as a rule that is there fills it."""
        return cls(initial={**cls.fields_of(rule.said), "title": rule.title, "effect": rule.effect})

    @classmethod
    def fields_of(cls, said: dict[str, Any]) -> dict[str, Any]:
        """What a rule says, as its fields hold it."""
        return {name: "\n".join(value) if isinstance(value, list) else value for name, value in said.items()}


class Lines(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "dir": "auto"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LIST_MOST, **options)

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]


class Words(Rules):
    kind = Rule.Kind.WORDS
    words = Lines(
        label=_("Words and phrases, one a line"),
        help_text=_(
            "For example: pills, or: click here. A star at the end stands for any ending: casino*. "
            "PILLS, píĺĺs, p1lls and p i l l s are all met by pills; spills is another word."
        ),
    )


class Pattern(Rules):
    kind = Rule.Kind.PATTERN
    pattern = forms.CharField(
        label=_("Pattern"),
        max_length=500,
        widget=forms.TextInput(attrs=_LATIN),
        help_text=_(
            r"A regular expression of RE2, for example \bpills?\b. It is looked for in the text as it was written."
        ),
    )
    case = forms.BooleanField(label=_("Capitals and small letters are different"), required=False)


class Links(Rules):
    kind = Rule.Kind.LINKS
    more_than = forms.IntegerField(
        label=_("More links than"),
        min_value=0,
        max_value=100,
        required=False,
        initial=2,
        help_text=_("0 meets every comment with a link."),
    )
    hosts = Lines(
        label=_("Or links to these sites, one a line"),
        required=False,
        help_text=_(
            "For example: shop.example. All below it are meant as well, linked or only named. "
            "The number above then does not count."
        ),
    )

    @property
    def said(self) -> dict[str, Any]:
        if self.cleaned_data["hosts"]:
            return {"hosts": self.cleaned_data["hosts"]}
        return {"more_than": self.cleaned_data["more_than"]}


class First(Rules):
    kind = Rule.Kind.FIRST
    comments = forms.IntegerField(
        label=_("Until so many comments of an account were shown"),
        min_value=1,
        max_value=100,
        initial=1,
        help_text=_("A guest’s comment is always a first one: a name proves nothing."),
    )


class Age(Rules):
    kind = Rule.Kind.AGE
    hours = forms.IntegerField(
        label=_("Accounts younger than so many hours"), min_value=1, max_value=24 * 365, initial=24
    )
    guests = forms.BooleanField(label=_("Guests too, who have no account"), required=False, initial=True)


class Address(Rules):
    kind = Rule.Kind.ADDRESS
    ranges = Lines(
        label=_("Ranges of addresses, one a line"),
        help_text=_("For example: 192.0.2.0/24 or 2001:db8::/32. At most %(most)s."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["ranges"]
        field.help_text = str(field.help_text) % {"most": RANGES_MOST}


class Language(Rules):
    kind = Rule.Kind.LANGUAGE
    scripts = forms.MultipleChoiceField(
        label=_("Scripts that may be written here"),
        widget=forms.CheckboxSelectMultiple,
        initial=["latin"],
        choices=lambda: sorted(
            ((code, str(words)) for code, words in SCRIPT_WORDS.items()), key=lambda pair: pair[1]
        ),
        help_text=_(
            "It meets a comment of which more than half the letters are of other scripts. "
            "Languages in one script cannot be told apart surely, so it does not try."
        ),
    )

    @classmethod
    def fields_of(cls, said: dict[str, Any]) -> dict[str, Any]:
        return {"scripts": [str(each).lower() for each in said.get("scripts", ())]}


class Rate(Rules):
    kind = Rule.Kind.RATE
    comments = forms.IntegerField(
        label=_("More comments of one person than"), min_value=1, max_value=1_000, initial=5
    )
    minutes = forms.IntegerField(label=_("In so many minutes"), min_value=1, max_value=60, initial=10)


class Double(Rules):
    kind = Rule.Kind.DOUBLE
    hours = forms.IntegerField(label=_("Within so many hours"), min_value=1, max_value=HOURS_MOST, initial=24)
    where = forms.ChoiceField(
        label=_("Looked for"), choices=PLACES, widget=forms.RadioSelect, initial="network"
    )


class Alike(Double):
    kind = Rule.Kind.ALIKE
    comments = forms.IntegerField(
        label=_("So many texts alike, this one included"), min_value=2, max_value=1_000, initial=3
    )


class Score(Rules):
    kind = Rule.Kind.SCORE
    least = forms.FloatField(
        label=_("A score of at least"),
        min_value=0.5,
        max_value=1,
        initial=0.9,
        help_text=_(
            "From 0.5 (nothing is known) to 1 (surely like spam). It says nothing until enough was decided."
        ),
    )


class Outside(Rules):
    kind = Rule.Kind.OUTSIDE
    classifier = forms.ChoiceField(
        label=_("Who is asked"), choices=lambda: [(name, name) for name in sorted(settings.CLASSIFIERS)]
    )


FORMS: dict[str, type[Rules]] = {
    form.kind: form
    for form in (Words, Pattern, Links, First, Age, Address, Language, Rate, Double, Alike, Score, Outside)
}
