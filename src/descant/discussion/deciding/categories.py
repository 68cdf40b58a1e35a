"""What an owner decides about the categories of her forum, and its moderators about which a thread is of."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from django.utils.translation import gettext as _

from descant.discussion import text
from descant.discussion.addressing import lately
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.deciding.owning import CannotChange
from descant.discussion.models import Thread
from descant.forums import directory
from descant.forums.models import CATEGORIES_MOST, CATEGORY_TITLE_MOST, Category, Change, Forum
from descant.forums.noting import About, Noted, note_change
from django_headroom.transactions import writing
from django_headroom.updates import change

STEP = 5_000
What = Change.What


def add_category(*, forum: Forum, by: Author, title: str, why: str = "") -> Category:
    """One more category, the last in their order.

    Raises:
        NotAModerator, SwitchedOff, CannotChange
    """
    check_may(by, "settings", forum)
    with _changing(forum) as held:
        others = list(Category.objects.filter(forum=forum).order_by("place", "id"))
        if len(others) >= CATEGORIES_MOST:
            raise CannotChange(_("There are as many categories as there can be: remove one first."))
        made = Category(forum=forum, title=_title(held, title), place=others[-1].place + 1 if others else 1)
        made.save(force_insert=True)
        note_change(forum, What.CATEGORY_ADDED, About(made.title), Noted(by.user, why))
    return made


def rename_category(*, forum: Forum, by: Author, number: int, title: str, why: str = "") -> None:
    """Give a category another title, also the general one.

    Raises:
        NotAModerator, SwitchedOff, CannotChange
    """
    check_may(by, "settings", forum)
    with _changing(forum) as held:
        title = _title(held, title)
        if number == forum.pk:
            change(forum, general=title)
        else:
            change(_found(forum, number), title=title)
        note_change(forum, What.CATEGORY_RENAMED, About(title), Noted(by.user, why))


def raise_category(*, forum: Forum, by: Author, number: int) -> None:
    """Put a category before the one that stands before it; the general one is always the first.

    Raises:
        NotAModerator, SwitchedOff, CannotChange
    """
    check_may(by, "settings", forum)
    with _changing(forum):
        others = list(Category.objects.filter(forum=forum).order_by("place", "id"))
        at = next((at for at, each in enumerate(others) if each.pk == number), None)
        if at is None:
            raise CannotChange(_("This category is not there any more."))
        others.insert(max(at - 1, 0), others.pop(at))
        for place, each in enumerate(others, 1):
            if each.place != place:
                change(each, place=place)


def remove_category(*, forum: Forum, by: Author, number: int, why: str = "") -> None:
    """Take a category away; its threads are of the general one then.

    Raises:
        NotAModerator, SwitchedOff, CannotChange
    """
    check_may(by, "settings", forum)
    _empty(forum, number)
    with _changing(forum):
        found = _found(forum, number)
        found.delete()
        note_change(forum, What.CATEGORY_REMOVED, About(found.title), Noted(by.user, why))
    _empty(forum, number)  # of what was put there meanwhile


@contextmanager
def _changing(forum: Forum) -> Iterator[Forum]:
    """One after the other, so that they can be counted and stand in one order; gives the forum as it is now."""
    try:
        with writing("default"):
            yield Forum.objects.select_for_update().get(pk=forum.pk)
    except IntegrityError as error:
        raise CannotChange(_("There is a category of this title already.")) from error
    directory.tell_changed(forum)


def _title(forum: Forum, written: str) -> str:
    title = text.one_line(written)[:CATEGORY_TITLE_MOST]
    if not title:
        raise CannotChange(_("A category needs a title."))
    others = Category.objects.filter(forum=forum)
    if title == forum.general or others.filter(title=title).exists():
        raise CannotChange(_("There is a category of this title already."))
    return title


def _found(forum: Forum, number: int) -> Category:
    found = Category.objects.filter(forum=forum, pk=number).first()
    if found is None:
        raise CannotChange(_("This category is not there any more."))
    return found


def _empty(forum: Forum, number: int) -> None:
    """In steps, each of them short: a category may have a million threads."""
    threads = Thread.objects.of(forum).filter(category=number)
    while keys := list(threads.values_list("pk", flat=True)[:STEP]):
        threads.filter(pk__in=keys).update(category=None)
    lately.forget()
