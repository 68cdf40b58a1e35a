"""Taking the forum along: an owner has files made of it, sees how far they are, and fetches them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from descant.community.owners.lists import again, id_in
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import carrying as acts
from descant.discussion.posting import Refused

LISTED = 20
FORMATS = {
    "native": gettext_lazy("Descant's own format, which keeps all: for another Descant"),
    "sqlite": gettext_lazy("One SQLite file, which Descant itself serves"),
    "disqus": gettext_lazy("As Disqus exports: XML that many programs read"),
    "wxr": gettext_lazy("As WordPress exports: WXR"),
}
STATES = {
    "waiting": gettext_lazy("waits for a worker"),
    "running": gettext_lazy("is being made"),
    "finished": gettext_lazy("ready"),
    "stopped": gettext_lazy("has stopped: have another made"),
    "dropped": gettext_lazy("gone: its time is over"),
}


class Wishing(forms.Form):
    """A file to be made."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=list(FORMATS.items()),
        initial="native",
        widget=forms.RadioSelect,
    )
    personal = forms.BooleanField(
        label=gettext_lazy("With e-mail addresses"),
        required=False,
        help_text=gettext_lazy("Then it is a file to guard."),
    )


@for_owners("settings")
def exports(owning: Owning) -> HttpResponse:
    """The files of the last days, and a form for one more."""
    posted, forum = owning.request.POST, owning.forum
    if "file" in owning.request.GET:
        return _file(owning, id_in(owning.request.GET["file"]))
    form = Wishing(posted if "make" in posted else None)
    if "make" in posted and form.is_valid():
        try:
            acts.ask_for_export(forum=forum, by=owning.by, **form.cleaned_data)
        except Refused as refused:
            messages.error(owning.request, str(refused))
            return redirect(owning.request.path)
        return again(owning, _("A worker makes the file."))
    rows = forum.exports.order_by("-asked_at", "-id")[:LISTED]
    return owning.show(
        "community/owners/exports.html", {"form": form, "lines": [_line(export) for export in rows]}
    )


def _line(export: Any) -> dict[str, Any]:
    done, total = acts.how_far(export) if export.state == "running" else (0, 0)
    return {
        "export": export,
        "format": FORMATS[export.format],
        "state": STATES[export.state],
        "done": done,
        "total": total,
        "until": export.finished_at + acts.KEPT if export.state == "finished" else None,
    }


def _file(owning: Owning, export_id: int) -> HttpResponse:
    rows = owning.forum.exports.filter(pk=export_id, state="finished")
    export = rows.first()
    if export is None:
        raise Http404
    try:
        file = acts.opened_export(export)
    except Refused as refused:
        messages.error(owning.request, str(refused))
        return redirect(owning.request.path)
    # FileResponse is a response of its own kind, and closes the file when it is sent.
    sent: Any = FileResponse(
        file, as_attachment=True, filename=export.file_name, content_type="application/gzip"
    )
    made: HttpResponse = sent
    return made
