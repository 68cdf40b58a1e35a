"""An error that was kept whole, in the order in which it is read; another program may have sent it, in any shape."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Line:
    """A line of source with its number."""

    number: int
    text: str
    is_at: bool


@dataclass(frozen=True)
class Frame:
    """A frame: where it is, its source, its variables."""

    place: str
    file: str
    line: int
    is_ours: bool
    is_open: bool
    source: list[Line]
    variables: list[tuple[str, str]]


@dataclass(frozen=True)
class Raised:
    """One exception of the chain."""

    name: str
    message: str
    frames: list[Frame]


@dataclass(frozen=True)
class Statement:
    """Something that was asked of a database, or another crumb on the way."""

    at: str
    kind: str
    text: str
    ms: str


def chain_of(body: dict[str, Any]) -> list[Raised]:
    """The exceptions, the one that came out first."""
    values = _objects(_object(body.get("exception")).get("values"))
    return [_raised(each) for each in reversed(values)]


def statements_of(body: dict[str, Any]) -> list[Statement]:
    """What led to it, the latest last."""
    return [
        Statement(
            at=_time(each.get("timestamp")),
            kind=str(_object(each.get("data")).get("database") or each.get("category") or ""),
            text=str(each.get("message") or ""),
            ms=str(_object(each.get("data")).get("ms", "")),
        )
        for each in _objects(_object(body.get("breadcrumbs")).get("values"))
    ]


def facts_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    """What surrounded it: the request, the job, tags such as switches, release and machine."""
    request, contexts = _object(body.get("request")), _object(body.get("contexts"))
    found = [("route", body.get("transaction")), ("request", _asked(request))]
    found += [(name, told) for name, told in _object(request.get("headers")).items()]
    found += [(f"job {name}", told) for name, told in _object(contexts.get("job")).items()]
    found += [(name, told) for name, told in _object(body.get("tags")).items()]
    found += [("release", body.get("release")), ("machine", body.get("server_name"))]
    return [(str(name), str(told)) for name, told in found if told]


def _asked(request: dict[str, Any]) -> str:
    return f"{request.get('method') or ''} {request.get('url') or ''}".strip()


def _raised(value: dict[str, Any]) -> Raised:
    frames = _objects(_object(value.get("stacktrace")).get("frames"))
    ours = [number for number, each in enumerate(frames) if each.get("in_app")]
    opened = ours[-1] if ours else len(frames) - 1
    told = [_frame(each, number == opened) for number, each in enumerate(frames)]
    return Raised(str(value.get("type") or ""), str(value.get("value") or ""), told[::-1])


def _frame(frame: dict[str, Any], is_open: bool) -> Frame:
    number = frame.get("lineno")
    line = number if isinstance(number, int) else 0
    before, behind = _texts(frame.get("pre_context")), _texts(frame.get("post_context"))
    at = frame.get("context_line")
    source = [Line(line - len(before) + index, text, False) for index, text in enumerate(before)]
    source += [Line(line, at, True)] if isinstance(at, str) else []
    source += [Line(line + 1 + index, text, False) for index, text in enumerate(behind)]
    return Frame(
        place=f"{frame.get('module') or ''}.{frame.get('function') or ''}".strip("."),
        file=str(frame.get("abs_path") or frame.get("filename") or ""),
        line=line,
        is_ours=bool(frame.get("in_app")),
        is_open=is_open,
        source=source,
        variables=[(str(name), str(told)) for name, told in _object(frame.get("vars")).items()],
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _time(value: Any) -> str:
    """Of our own crumbs a number of seconds since 1970; others may write it out."""
    if isinstance(value, int | float) and 0 < value < 1e11:
        return datetime.fromtimestamp(value, UTC).strftime("%H:%M:%S.%f")[:-3]
    return str(value or "")[:32]
