"""The code that a mail brings: its form is filled in when the mail's link is followed, and sent by hand."""

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm
from allauth.core import context

LONGEST = 20


class FilledInCodeForm(ConfirmLoginCodeForm):
    """A link alone signs nobody in: programs that look through mail follow links, and people press buttons."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].initial = context.request.GET.get("code", "")[:LONGEST]
