"""The categories of a forum: made, called otherwise, put in order and taken away."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from descant.community.owners.fields import Titled
from descant.community.owners.lists import acted, again, id_in, is_taken
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import categories as acts
from descant.forums.models import categories_of


@for_owners("settings")
def categories(owning: Owning) -> HttpResponse:
    """Each with its title in a field, and what can be done with it beside."""
    posted, forum, by = owning.request.POST, owning.forum, owning.by
    form = Titled(posted if "add" in posted else None)
    if "add" in posted and form.is_valid():
        said = form.cleaned_data
        if is_taken(form, "title", lambda: acts.add_category(forum=forum, by=by, **said)):
            return again(owning, _("The category is added."))
    if "rename" in posted:
        title = posted.get("title", "").replace("\0", "")
        number = id_in(posted["rename"])
        return acted(
            owning,
            lambda: acts.rename_category(forum=forum, by=by, number=number, title=title),
            _("The category has another title."),
        )
    if "raise" in posted:
        number = id_in(posted["raise"])
        return acted(
            owning,
            lambda: acts.raise_category(forum=forum, by=by, number=number),
            _("The category stands before the other."),
        )
    if "remove" in posted:
        number = id_in(posted["remove"])
        return acted(
            owning,
            lambda: acts.remove_category(forum=forum, by=by, number=number),
            _("The category is removed. Its threads are in the first one."),
        )
    return owning.show("community/owners/categories.html", {"form": form, "categories": categories_of(forum)})
