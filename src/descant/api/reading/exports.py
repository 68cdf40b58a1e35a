"""Reading which files were made of a forum."""

from typing import Any

from descant.api.arguments import PAGING
from descant.api.declaring import Asked, Page, Standing, endpoint
from descant.api.declaring.parameters import row_id
from descant.api.objects.forums import export_object
from descant.api.objects.shapes import Export
from descant.api.reading.paging import page_of, some_of
from descant.discussion.deciding.abilities import check_ability

EXPORT = row_id("export", "The export's id.")


@endpoint("exports/list", who=Standing.PERSON, takes=PAGING, example={"limit": "2"})
def list_exports(asked: Asked) -> Page[Export]:
    """The files that were made of the forum, also those whose time is over."""
    found = some_of([_exports(asked)], asked, "asked_at")
    return page_of(found, asked, lambda rows: [export_object(row, asked.forum) for row in rows], "asked_at")


@endpoint("exports/details", who=Standing.PERSON, takes=(EXPORT,), example={"export": "{export}"})
def export_details(asked: Asked) -> Export:
    """A file that is made of the forum, and how far it is."""
    return export_object(_exports(asked).get(pk=asked[EXPORT]), asked.forum)


def _exports(asked: Asked) -> Any:
    check_ability(asked.author, "settings")
    return asked.forum.exports.all()
