"""Opens an export file, plain or gzipped, and hands out its bytes in pieces: never more than one at a time."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from descant.exchange.stream import ImportRefused

PIECE = 1 << 16
# An export shrinks some ten times; a thousand times is what gzip can do at best, to nothing but repetition.
FREE_BYTES = 8 << 20
MOST_SHRUNK = 200

GZIP = b"\x1f\x8b"
ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
}


class Unpacked:
    """The bytes of one export file; `consumed` counts what was taken from the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.consumed = 0
        self._watcher: Callable[[int], None] | None = None

    def watch(self, watcher: Callable[[int], None]) -> None:
        """Tell the watcher, a few times in each megabyte, how much was taken from the disk."""
        self._watcher = watcher

    def pieces(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            start = file.read(8)
            file.seek(0)
            for magic, name in ARCHIVES.items():
                if start.startswith(magic):
                    raise ImportRefused(
                        f"this is a {name} archive: unpack it first (plain or gzip is read)", 1
                    )
            for piece in self._gunzipped(file) if start.startswith(GZIP) else self._plain(file):
                yield piece
                if self._watcher is not None:
                    self._watcher(self.consumed)

    def _plain(self, file: BinaryIO) -> Iterator[bytes]:
        while piece := file.read(PIECE):
            self.consumed += len(piece)
            yield piece

    def _gunzipped(self, file: BinaryIO) -> Iterator[bytes]:
        made = 0
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            while piece := self._next(unpacked):
                made += len(piece)
                self.consumed = min(file.tell(), self.size)
                if made == len(piece) and piece.startswith(GZIP):
                    raise ImportRefused("gzip within gzip: unpack it first", 1)
                if made > FREE_BYTES and made > MOST_SHRUNK * self.consumed:
                    raise ImportRefused(f"the file unpacks to more than {MOST_SHRUNK} times its size")
                yield piece

    @staticmethod
    def _next(unpacked: gzip.GzipFile) -> bytes:
        try:
            return unpacked.read(PIECE)
        except EOFError:
            raise ImportRefused("the gzip file is cut off before its end") from None
        except (OSError, zlib.error):
            raise ImportRefused("the gzip file is damaged") from None
