"""What an import did, so told that it adds up: read = imported + tombstones + merged + skipped."""

from dataclasses import dataclass, field
from typing import Any

from descant.exchange.stream import COMMENT, THREAD, Kind

LINES_TOLD = 10
_KINDS: tuple[Kind, ...] = (THREAD, COMMENT)


@dataclass(slots=True)
class Lines:
    """How many rows something befell, and on which lines the first of them stand."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.first) < LINES_TOLD:
            self.first.append(line)

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.first) else ""
        return f"{self.count:,} (line {', '.join(map(str, self.first))}{more})"


@dataclass(slots=True)
class Tally:
    """The rows of one kind. `known` are those of `imported` and `tombstones` that were here before."""

    read: int = 0
    imported: int = 0
    tombstones: int = 0
    merged: int = 0
    skipped: int = 0
    known: int = 0
    changed: int = 0

    def adds_up(self) -> bool:
        return self.read == self.imported + self.tombstones + self.merged + self.skipped

    def __str__(self) -> str:
        sign = "=" if self.adds_up() else "IS NOT"
        return (
            f"{self.read:,} read {sign} {self.imported:,} imported + {self.tombstones:,} tombstones"
            f" + {self.merged:,} merged + {self.skipped:,} skipped"
        )


@dataclass(slots=True)
class Report:
    """The reconciliation of one import; `marks` stand for parents that the file lacks and were not read."""

    threads: Tally = field(default_factory=Tally)
    comments: Tally = field(default_factory=Tally)
    marks: int = 0
    marks_known: int = 0
    skips: dict[tuple[Kind, str], Lines] = field(default_factory=dict)
    notes: dict[tuple[Kind, str], Lines] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)  # rows of other kinds, which only our own format has
    dry_run: bool = False

    def of(self, kind: Kind) -> Tally:
        return self.threads if kind == THREAD else self.comments

    def skip(self, kind: Kind, reason: str, line: int) -> None:
        self.of(kind).skipped += 1
        self.skips.setdefault((kind, reason), Lines()).add(line)

    def note(self, kind: Kind, remark: str, line: int) -> None:
        self.notes.setdefault((kind, remark), Lines()).add(line)

    def adds_up(self) -> bool:
        return self.threads.adds_up() and self.comments.adds_up()

    def rows_written(self) -> int:
        """Rows of threads and comments that this import added or filled in."""
        tallies = (self.threads, self.comments)
        added = sum(tally.imported + tally.tombstones - tally.known + tally.changed for tally in tallies)
        return added + self.marks - self.marks_known

    def as_text(self) -> str:
        lines = []
        for title, tally in (("threads", self.threads), ("comments", self.comments)):
            lines.append(f"{title + ':':10}{tally}")
            fresh = tally.imported + tally.tombstones - tally.known
            lines.append(f"{'':10}{fresh:,} new, {tally.known:,} were here before")
            lines += self._remarks("skipped, ", self.skips, title)
            lines += self._remarks("", self.notes, title)
        if self.marks:
            lines.append(
                f"{'':10}and {self.marks:,} marks for parents that the file lacks (not among the rows read)"
            )
        if self.others:
            told = ", ".join(f"{count:,} {kind.replace('_', ' ')}s" for kind, count in self.others.items())
            lines.append(f"others:   {told}")
        if self.dry_run:
            lines.append("A dry run: nothing was written.")
        elif not self.rows_written():
            lines.append("Nothing had to be changed.")
        return "\n".join(lines)

    @staticmethod
    def _remarks(start: str, remarks: dict[tuple[Kind, str], Lines], title: str) -> list[str]:
        return [
            f"{'':10}{start}{why}: {lines}"
            for (kind, why), lines in remarks.items()
            if title.startswith(kind)
        ]

    def as_json(self) -> dict[str, Any]:
        """The same in plain values, as it is kept with the job."""
        names = ("read", "imported", "tombstones", "merged", "skipped", "known", "changed")
        return {
            **{kind: {name: getattr(self.of(kind), name) for name in names} for kind in _KINDS},
            "marks": self.marks,
            "marks_known": self.marks_known,
            "skips": _plain(self.skips),
            "notes": _plain(self.notes),
            "others": self.others,
            "dry_run": self.dry_run,
        }


def _plain(remarks: dict[tuple[Kind, str], Lines]) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "why": why, "count": lines.count, "lines": lines.first}
        for (kind, why), lines in remarks.items()
    ]
