"""Categories arrive before threads: each finds the one of its title, or is made while there is room."""

from collections.abc import Mapping

from descant.exchange.arriving.berth import Berth
from descant.exchange.stream import THREAD
from descant.forums.directory import tell_changed
from descant.forums.models import CATEGORIES_MOST, CATEGORY_TITLE_MOST, GENERAL, Category, Forum
from django_headroom.transactions import writing
from django_headroom.updates import change

TOO_MANY = f"of a category beyond the {CATEGORIES_MOST} that a forum has: its threads are of the first"
_OF_THIS_FORUM = (
    "SELECT line, name, title, former, is_general FROM category"
    " WHERE forum = '' OR forum IN (SELECT forum FROM thread WHERE skip IS NULL) ORDER BY place, seq"
)


def bring_categories(berth: Berth) -> Mapping[str, int]:
    """Makes those that are not here.

    Returns:
        By the name that each has in the file its number here; of those alone that are not the general one.
    """
    arriving = list(berth.spool.each(_OF_THIS_FORUM))
    if berth.dry_run or not arriving:
        return {}
    with writing("default"):
        forum = Forum.objects.select_for_update().get(pk=berth.forum.pk)
        numbers = _numbers(berth, forum, arriving)
    tell_changed(berth.forum)
    return numbers


def _numbers(berth: Berth, forum: Forum, arriving: list[tuple[int, str, str, str, int]]) -> dict[str, int]:
    here = {each.title: each.pk for each in Category.objects.filter(forum=forum)}
    numbers: dict[str, int] = {}
    for line, name, written, former, is_general in arriving:
        title = written[:CATEGORY_TITLE_MOST]
        if is_general:
            if title and forum.general == GENERAL and title not in here:
                change(forum, general=title)
        elif title in here:
            numbers[name] = here[title]
        elif len(here) >= CATEGORIES_MOST:
            berth.report.note(THREAD, TOO_MANY, line)
        elif title and title != forum.general:
            made = Category(forum=forum, title=title, place=len(here) + 1, former=former[:30])
            made.save(force_insert=True)
            numbers[name] = here[title] = made.pk
    return numbers
