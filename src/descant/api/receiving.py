"""Files that programs hand over: straight onto disk, and long ones only of who has shown by then that she may."""

from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

from descant.api.declaring import ENDPOINTS, Endpoint
from descant.discussion.deciding.carrying import uploads_folder

BEGUN = (
    "descant.begun"  # in the environment of a request of which the front has read no more than its beginning
)
GO_ON = 204  # what is answered if it may read on
_PARTS = "multipart/form-data"


def takes_files(path: str) -> bool:
    """Whether an endpoint that takes a file stands at this path."""
    return any(endpoint.takes_file and path == f"/{endpoint.path}" for endpoint in ENDPOINTS.values())


def longest_body() -> int:
    """Bytes of the longest request with a file."""
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + longest_file()


def longest_file() -> int:
    """Bytes of the longest file."""
    return int(settings.DESCANT_IMPORT_MB) * 1024**2


def receive(request: HttpRequest, endpoint: Endpoint) -> None:
    """Have the files of a request put on disk; of one that has only begun, nothing but what stands before the file."""
    if endpoint.takes_file and request.method == "POST":
        handler = UntilTheFile if is_begun(request) else OntoDisk
        request.upload_handlers = [handler(request)]


def is_begun(request: HttpRequest) -> bool:
    """Whether the front asks if it may read the rest of this request."""
    return BEGUN in request.META


def has_parts(request: HttpRequest) -> bool:
    """Whether it can have a file: all else that is long is no request of ours."""
    return request.content_type == _PARTS


class Arriving(TemporaryUploadedFile):
    """A file that lies where those are that wait for a worker, so that it need only be renamed."""

    def __init__(self, told: FileUploadHandler) -> None:
        file = NamedTemporaryFile(dir=uploads_folder())  # noqa: SIM115  (Django closes it with the request)
        more = told.content_type_extra
        UploadedFile.__init__(self, file, told.file_name, told.content_type, 0, told.charset, more)


class OntoDisk(TemporaryFileUploadHandler):
    """Writes each file down as it comes."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = Arriving(self)


class UntilTheFile(FileUploadHandler):
    """Reads the fields before the first file, and nothing of it."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None
