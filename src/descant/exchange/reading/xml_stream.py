"""Reads rows out of an XML file of any size in bounded memory, and refuses what no export needs.

No document types, no entities, no deep nesting, no endless tags, no flood of names. Names are matched without
their namespace prefix, for services write the same format under different namespaces.
"""

import codecs
from collections.abc import Iterator, Mapping
from pyexpat import ExpatError, ParserCreate, errors
from typing import TypeAlias
from xml.parsers.expat import XMLParserType

from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.stream import ImportRefused

MOST_DEPTH = 100
MOST_NAMES = 5_000
MOST_ATTRIBUTES = 100
LONGEST_TAG = 1 << 20
LONGEST_TEXT = 1 << 17  # twice the longest comment that is likely: HTML writes some letters in several

Shape: TypeAlias = Mapping[str, "Shape | None"]


class Row:
    """One element that is a row: its wanted texts by path ("author/name", "thread@id"), its first line, its number."""

    __slots__ = ("fields", "inside", "kind", "line", "number", "too_long")

    def __init__(self, kind: str, line: int, number: int, inside: "Row | None") -> None:
        self.kind = kind
        self.line = line
        self.number = number
        self.inside = inside
        self.fields: dict[str, str] = {}
        self.too_long = ""


class Node:
    """A place in the wanted shape of a file: what may stand here, and under which path its text is kept."""

    __slots__ = ("children", "is_text", "path", "row", "seen")

    def __init__(self, path: str, row: str, shape: Shape) -> None:
        self.path = path
        self.row = row
        self.children: dict[str, Node] = {}
        # The same children by the names under which this file writes them; None: not wanted.
        self.seen: dict[str, Node | None] = {}
        for name, below in shape.items():
            opens = name[1:] if name.startswith("*") else ""
            below_path = "" if opens or not (self.path or row) else f"{path}/{name}".lstrip("/")
            self.children[opens or name] = Node(below_path, opens, below or {})
        self.is_text = bool(path) and not self.children

    def child(self, name: str) -> "Node | None":
        node = self.children.get(name.rpartition(":")[2])
        self.seen[name] = node
        return node


def read_rows(file: Unpacked, shape: Shape) -> Iterator[Row]:
    """Yields the rows of the file as each one ends.

    A shape is nested mappings of local names. `*name` opens a row; names below it are its fields, kept by their
    path within the row; the attribute `id` of a field or row is kept too, as `path@id`. A row within a row is
    yielded before the outer one, whose object it bears as `inside`.
    """
    reader = _Reader(shape)
    fed = 0
    for piece in file.pieces():
        fed += len(piece)
        reader.feed(piece, fed)
        yield from reader.take()
    reader.feed(b"", fed)
    yield from reader.take()


class _Reader:
    """The listeners on one parser. They run some fifty times a row, so they are plain and few."""

    def __init__(self, shape: Shape) -> None:
        self.ready: list[Row] = []
        self.root = self.node = Node("", "", shape)
        self.above: list[Node] = []
        self.row: Row | None = None
        self.opened = 0
        self.pieces: list[str] = []
        self.endless = False
        self.depth = 0
        self.unwanted = 0
        self.parser = parser = ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def take(self) -> Iterator[Row]:
        yield from self.ready
        self.ready.clear()

    def feed(self, piece: bytes, fed: int) -> None:
        parser = self.parser
        try:
            parser.Parse(piece, not piece)
        except ExpatError as error:
            raise ImportRefused(_reason(error, piece, fed, parser), error.lineno) from None
        except (LookupError, ValueError):
            raise ImportRefused("the file declares an encoding that cannot be read", 1) from None
        if fed - parser.CurrentByteIndex > LONGEST_TAG:
            raise self._refused(f"a tag or remark longer than {LONGEST_TAG} bytes")
        if len(parser.intern) > MOST_NAMES:
            raise self._refused(f"more than {MOST_NAMES} different names")
        if sum(map(len, self.pieces)) > LONGEST_TEXT:
            self.pieces.clear()
            self.endless = True

    def _start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self._refused(f"elements are nested deeper than {MOST_DEPTH}")
        if self.unwanted:
            return
        node = self.node
        below = node.seen[name] if name in node.seen else node.child(name)
        if below is None:
            self._pass_by()
            return
        self.above.append(node)
        self.node = below
        if below.row:
            self.opened += 1
            self.row = Row(below.row, self.parser.CurrentLineNumber, self.opened, self.row)
        if attributes:
            self._keep_id(attributes)
        if below.is_text:
            self.pieces.clear()
            self.endless = False
            self.parser.CharacterDataHandler = self.pieces.append

    def _pass_by(self) -> None:
        if self.node is self.root:
            raise ImportRefused("the file is of another format: its first element tells", 1)
        self.unwanted = self.depth

    def _keep_id(self, attributes: list[str]) -> None:
        if len(attributes) > 2 * MOST_ATTRIBUTES:
            raise self._refused(f"an element has more than {MOST_ATTRIBUTES} attributes")
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if self.row is not None and name.rpartition(":")[2] == "id":
                self.row.fields[f"{self.node.path}@id"] = value.strip()

    def _end(self, _: str) -> None:
        self.depth -= 1
        if self.unwanted:
            if self.depth < self.unwanted:
                self.unwanted = 0
            return
        node = self.node
        row = self.row
        self.node = self.above.pop()
        if row is None:
            return
        if node.is_text:
            self.parser.CharacterDataHandler = None
            row.fields[node.path] = "".join(self.pieces).strip()
            self.pieces.clear()
            if self.endless or len(row.fields[node.path]) > LONGEST_TEXT:
                row.too_long = node.path
        elif node.row:
            self.ready.append(row)
            self.row = row.inside

    def _refuse_doctype(self, *_: object) -> None:
        raise self._refused("a document type (<!DOCTYPE>) is refused: it can hold entities")

    def _refused(self, reason: str) -> ImportRefused:
        return ImportRefused(reason, self.parser.CurrentLineNumber)


def _reason(error: ExpatError, piece: bytes, fed: int, parser: XMLParserType) -> str:
    reason = errors.messages.get(error.code, "not well-formed XML")
    if reason == errors.XML_ERROR_NO_ELEMENTS and not fed:
        return "the file is empty"
    if not piece:
        return f"the file is cut off before its end ({reason})"
    if reason == errors.XML_ERROR_INVALID_TOKEN and not _is_utf8(
        piece, parser.ErrorByteIndex - fed + len(piece)
    ):
        return "the file is not in the encoding it declares (UTF-8 where it declares none)"
    if reason == errors.XML_ERROR_UNDEFINED_ENTITY:
        return "an entity is refused: only those of XML itself are read"
    return f"not well-formed XML ({reason})"


def _is_utf8(piece: bytes, at: int) -> bool:
    """Whether a whole character, or the start of one that the next piece ends, stands at this place."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece[max(at, 0) : max(at, 0) + 4])
    except UnicodeDecodeError as error:
        return error.start > 0
    return True
