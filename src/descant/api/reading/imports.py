"""Reading what was brought into a forum."""

from typing import Any

from descant.api.arguments import PAGING
from descant.api.declaring import Asked, Page, Standing, endpoint
from descant.api.declaring.parameters import row_id
from descant.api.objects.forums import import_object
from descant.api.objects.shapes import Import
from descant.api.reading.paging import page_of, some_of

IMPORT = row_id("import", "The import's id.")


@endpoint("imports/list", who=Standing.SERVER, takes=PAGING, example={"limit": "2"})
def list_imports(asked: Asked) -> Page[Import]:
    """What was brought into the forum from elsewhere."""
    found = some_of([_jobs(asked)], asked, "started_at")
    return page_of(found, asked, lambda jobs: [import_object(job, asked.forum) for job in jobs], "started_at")


@endpoint("imports/details", who=Standing.SERVER, takes=(IMPORT,), example={"import": "{import}"})
def import_details(asked: Asked) -> Import:
    """One run of an import."""
    return import_object(_jobs(asked).get(pk=asked[IMPORT]), asked.forum)


def _jobs(asked: Asked) -> Any:
    return asked.forum.import_jobs.all()
