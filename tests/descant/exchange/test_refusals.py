"""Files that are refused: with a line, with a reason, soon, in little memory, and without quoting them."""

import gzip
import time
import tracemalloc
from pathlib import Path

import pytest

from descant.exchange.reading import disqus as disqus_format
from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.reading.xml_stream import LONGEST_TEXT
from descant.exchange.report import Report
from descant.exchange.sorting import arrivals
from descant.exchange.sorting.spool import Spool
from descant.exchange.stream import Choices, ImportRefused
from tests.descant.exchange.files import disqus, post, read, thread, wordpress

SECRET = "nobody-may-read-this"
WHOLE = disqus(thread(), *(post(str(n), message=SECRET) for n in range(5, 3000)))


def refused(path: Path, content: bytes, format_name: str = "disqus") -> str:
    path.write_bytes(content)
    with pytest.raises(ImportRefused) as caught:
        read(path, format_name)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_gzipped_file_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    half = len(WHOLE) // 2
    path.write_bytes(gzip.compress(WHOLE[:half].encode()) + gzip.compress(WHOLE[half:].encode()))
    assert len(read(path).comments) == 2995


@pytest.mark.parametrize("end", [1000, -10, -400])
def test_a_truncated_file_is_refused(tmp_path: Path, end: int) -> None:
    reason = refused(tmp_path / "export.xml", WHOLE[:end].encode())
    assert "cut off" in reason
    assert reason.startswith("line ")


def test_a_truncated_gzip_file_is_refused(tmp_path: Path) -> None:
    assert "cut off" in refused(tmp_path / "export.xml", gzip.compress(WHOLE.encode())[:-500])


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(WHOLE.encode()))
    packed[-6] ^= 0xFF
    assert "damaged" in refused(tmp_path / "export.xml", bytes(packed))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path / "export.xml", b"")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04rest", "zip archive"),
        (gzip.compress(gzip.compress(b"<disqus/>")), "gzip within gzip"),
        (b'{"comments": []}', "not well-formed"),
        (wordpress().encode(), "of another format"),
        (b"<html></html>", "of another format"),
    ],
    ids=["zip", "twice gzip", "json", "wordpress", "html"],
)
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refused(tmp_path / "export.xml", content)


def test_a_document_type_is_refused_by_name_and_line(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE disqus [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<disqus>&b;</disqus>'
    assert refused(tmp_path / "export.xml", bomb.encode()).startswith("line 2: a document type (<!DOCTYPE>)")


def test_an_external_entity_is_refused(tmp_path: Path) -> None:
    outside = '<!DOCTYPE disqus SYSTEM "file:///etc/hostname"><disqus/>'
    assert "DOCTYPE" in refused(tmp_path / "export.xml", outside.encode())


def test_an_unknown_entity_is_refused(tmp_path: Path) -> None:
    content = disqus(thread(), post("5")).replace("Says", "&nbsp;").encode()
    assert "entity" in refused(tmp_path / "export.xml", content)


def test_bytes_of_another_encoding_are_refused_with_their_line(tmp_path: Path) -> None:
    content = disqus(thread(), post("5", message="caf\xe9 au lait")).encode("latin-1")
    assert refused(tmp_path / "export.xml", content).startswith(
        "line 14: the file is not in the encoding it declares"
    )


def test_another_encoding_is_read_where_it_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    text = disqus(thread(), post("5", message="café")).replace("utf-8", "{}")
    for encoding in ("iso-8859-1", "windows-1252", "utf-16"):
        path.write_bytes(text.format(encoding).encode(encoding))
        assert read(path).comment("5").text == "café"


@pytest.mark.parametrize("encoding", ["utf-7", "no-such", "hex", "cp932"])
def test_an_encoding_that_cannot_be_read_is_refused(tmp_path: Path, encoding: str) -> None:
    assert "encoding" in refused(tmp_path / "export.xml", WHOLE.replace("utf-8", encoding).encode())


def test_a_character_that_xml_forbids_is_refused(tmp_path: Path) -> None:
    content = disqus(thread(), post("5")).replace("Says", "&#0;").encode()
    assert refused(tmp_path / "export.xml", content).startswith("line 14: not well-formed")


def test_a_deep_nesting_is_refused(tmp_path: Path) -> None:
    assert "nested deeper" in refused(tmp_path / "export.xml", b"<disqus>" + b"<a>" * 100_000)


def test_a_flood_of_names_is_refused(tmp_path: Path) -> None:
    flood = b"".join(b"<n%d/>" % n for n in range(100_000))
    assert "different names" in refused(tmp_path / "export.xml", b"<disqus>" + flood + b"</disqus>")


def test_a_flood_of_attributes_is_refused(tmp_path: Path) -> None:
    flood = b"<thread " + b" ".join(b'a%d="x"' % n for n in range(2_000)) + b"/>"
    assert "attributes" in refused(tmp_path / "export.xml", b"<disqus>" + flood + b"</disqus>")


@pytest.mark.parametrize("start", [b'<disqus><thread x="', b"<disqus><!--", b"<disqus><?x ", b"<disqus><"])
def test_an_endless_tag_is_refused_before_it_fills_the_memory(tmp_path: Path, start: bytes) -> None:
    assert "longer than" in refused(tmp_path / "export.xml", start + b"x" * 20_000_000)


@pytest.mark.parametrize(
    "repeated",
    [b" ", b"<thread><title>", b"<p/>", b"<!---->"],
    ids=["blanks", "open tags", "empty tags", "remarks"],
)
def test_a_gzip_bomb_is_refused_soon(tmp_path: Path, repeated: bytes) -> None:
    bomb = gzip_bomb(tmp_path, repeated)
    started = time.process_time()
    with pytest.raises(ImportRefused):
        read(bomb)
    assert time.process_time() - started < 5  # measured: below 2


def test_a_gzip_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    bomb = gzip_bomb(tmp_path, b" ")
    tracemalloc.start()
    with pytest.raises(ImportRefused):
        read(bomb)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16_000_000


def gzip_bomb(folder: Path, repeated: bytes) -> Path:
    """300 MB of repetition in a few hundred kilobytes."""
    path = folder / "export.xml.gz"
    with gzip.open(path, "wb", compresslevel=9) as bomb:
        bomb.write(b"<disqus>")
        for _ in range(300):
            bomb.write(repeated * (1_000_000 // len(repeated)))
    return path


def test_a_comment_longer_than_an_import_keeps_is_skipped_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(
        disqus(thread(), post("5", message="x" * (LONGEST_TEXT + 1)), post("6", message="x" * LONGEST_TEXT))
    )
    found = read(path)
    assert found.order() == ["6"]
    assert found.remarks() == {"its message is longer than an import keeps": [12]}


def test_a_thread_s_own_text_may_be_of_any_length(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(disqus(thread("1", message="x" * (LONGEST_TEXT * 3)), post("6")))
    assert read(path).order() == ["6"]


def test_a_file_is_read_in_little_memory_whatever_its_size(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    with path.open("w") as file:
        file.write(disqus(thread()).removesuffix("</disqus>\n"))
        for n in range(6_000):
            file.write(post(str(n), message="x" * 8_000))
        file.write("</disqus>\n")
    report = Report()
    tracemalloc.start()
    with Spool(report, "disqus") as spool:
        arrivals.sort(spool, disqus_format.read(Unpacked(path), Choices()), Choices())
        assert sum(1 for _ in arrivals.comments(spool)) == 6_000
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 48_000_000
    # Besides: what SQLite keeps of the spool (CACHE_KIB), and one batch of rows.
    assert most < 24_000_000
