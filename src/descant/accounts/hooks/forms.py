"""What signing up asks beyond allauth's own fields: the name that others read."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from descant.accounts.models import NAME_MAX, User
from descant.accounts.naming import is_reserved, tidy


class NameForm(forms.Form):
    """The base of allauth's sign-up forms, by ACCOUNT_SIGNUP_FORM_CLASS; it may import nothing of theirs."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Others read it beside your comments."),
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["email", "name", "password1"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        from_provider = getattr(self, "sociallogin", None)
        if from_provider is not None:
            self.fields["name"].initial = from_provider.user.name

    def clean_name(self) -> str:
        name = tidy(self.cleaned_data["name"])
        if not name:
            raise ValidationError(gettext("Write the name that others shall read."))
        if is_reserved(name):
            raise ValidationError(
                gettext("This name is kept for the people who run the site: choose another.")
            )
        return name

    def signup(self, request: HttpRequest, user: User) -> None:
        """Asked for by allauth; the adapter has set the name already."""
