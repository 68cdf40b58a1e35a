"""A file of the whole forum asked for."""

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import one_of, yes_or_no
from descant.api.objects.forums import export_object
from descant.api.objects.shapes import Export
from descant.discussion.deciding.carrying import ask_for_export

FORMAT = one_of("format", "Who is to read the file.", ("disqus", "wxr", "native", "sqlite"), "disqus")
PERSONAL = yes_or_no("personal", "Whether with e-mail addresses.")


@endpoint(
    "exports/exportForum",
    method="POST",
    who=Standing.PERSON,
    takes=(FORMAT, PERSONAL),
    example={"format": "native"},
)
def export_forum(asked: Asked) -> Export:
    """Have a file made of the forum, one at a time; a worker makes it, and owners fetch it within a week."""
    export = ask_for_export(
        forum=asked.forum, by=asked.author, format=asked[FORMAT], personal=asked[PERSONAL]
    )
    return export_object(export, asked.forum)
