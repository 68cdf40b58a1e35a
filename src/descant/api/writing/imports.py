"""A file handed over, to be read into the forum."""

from django.core.files.base import ContentFile, File

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import bad, one_of, upload
from descant.api.objects.forums import import_object
from descant.api.objects.shapes import Import
from descant.api.receiving import longest_file
from descant.discussion.deciding.carrying import ask_for_import

FORMAT = one_of("format", "What wrote the file.", ("wordpress", "disqus", "native"), "wordpress")
UPLOAD = upload(
    "upload",
    "The file, plain or packed by gzip, as a part of its own, behind the other arguments; or its text.",
)
ONE = (
    '<rss xmlns:wp="http://wordpress.org/export/1.0/"><channel><item><title>Oats</title>'
    "<link>https://gazette.example/oats</link></item></channel></rss>"
)


@endpoint(
    "imports/create",
    method="POST",
    who=Standing.PERSON,
    takes=(FORMAT, UPLOAD),
    example={"upload": ONE},
    ability="settings",
)
def create(asked: Asked) -> Import:
    """Hand a file over; a worker reads it, and `imports/details` tells how far it is. Twice the same is once."""
    file: File = asked.request.FILES.get("upload") or ContentFile(asked[UPLOAD].encode(), "upload.xml")
    if not 0 < (file.size or 0) <= longest_file():
        raise bad("upload", f"a file of 1 to {longest_file():,} bytes; longer ones by `descant import`")
    job = ask_for_import(forum=asked.forum, by=asked.author, format=asked[FORMAT], upload=file)
    return import_object(job, asked.forum)
