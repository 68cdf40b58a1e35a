"""An error as an event of the Sentry protocol: its chain, its frames with source and variables, what surrounds it."""

import linecache
import socket
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any

from django.http import HttpRequest
from django.template.base import Node

from django_headroom.operations.errors.crumbs import LONGEST, crumbs
from django_headroom.operations.errors.kinds import chain_of, is_ours
from django_headroom.operations.errors.variables import Teller

HEADERS_SHOWN = ("Accept", "Content-Type", "Content-Length", "Host", "Origin", "User-Agent", "X-Request-Id")
OUTERMOST, INNERMOST = 20, 40
"""Of a deep stack so many frames are kept at each end."""

AROUND = 5  # lines of source before and behind


def event_of(error: BaseException) -> dict[str, Any]:
    """What is told of the error itself; the cause comes first, as the protocol has it."""
    teller = Teller()
    chain = [_value(each, teller) for each in chain_of(error)]
    return {
        "level": "error",
        "timestamp": time.time(),
        "server_name": socket.gethostname(),
        "exception": {"values": chain[::-1]},
    }


def surroundings(
    request: HttpRequest | None, job: Mapping[str, Any] | None, tags: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What is told of where it happened: the request or the job, the last statements, tags such as switches."""
    told: dict[str, Any] = {"breadcrumbs": {"values": [_crumb(*each) for each in crumbs()]}}
    if tags:
        told["tags"] = {str(name): str(value) for name, value in tags.items()}
    if job:
        told["contexts"] = {"job": {str(name): str(value) for name, value in job.items()}}
    if request is not None:
        match = request.resolver_match
        told["transaction"] = (match.view_name or match.route) if match else request.path
        headers = {name: request.headers[name] for name in HEADERS_SHOWN if name in request.headers}
        told["request"] = {"method": request.method, "url": request.path, "headers": headers}
    return told


def message_of(error: BaseException) -> str:
    """What an exception says; one that cannot say it says nothing."""
    try:
        return str(error)[:2_000]
    except Exception:  # noqa: BLE001 - its ``__str__`` is anybody's
        return "<its message cannot be written>"


def _value(error: BaseException, teller: Teller) -> dict[str, Any]:
    kind = type(error)
    frames = [
        _frame(*each, teller) for each in reversed(_stack(error.__traceback__))
    ]  # the innermost tells most
    return {
        "type": kind.__qualname__,
        "module": kind.__module__,
        "value": message_of(error),
        "stacktrace": {"frames": frames[::-1]},
    }


def _stack(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    frames = list(_frames(traceback))
    if len(frames) > OUTERMOST + INNERMOST:
        frames = frames[:OUTERMOST] + frames[-INNERMOST:]
    return frames


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _frame(frame: FrameType, line: int, teller: Teller) -> dict[str, Any]:
    code, module = frame.f_code, str(frame.f_globals.get("__name__") or "")
    path, function = code.co_filename, code.co_qualname
    if code is Node.render_annotated.__code__:
        module, path, line = _in_a_template(frame, module, line)
        function = "template"
    before, at, behind = _source(path, line)
    return {
        "module": module,
        "function": function,
        "filename": path.rpartition("/")[2],
        "abs_path": path,
        "lineno": line,
        "pre_context": before,
        "context_line": at,
        "post_context": behind,
        "in_app": is_ours(module, path),
        "vars": teller.variables_of(frame),
    }


def _in_a_template(frame: FrameType, module: str, line: int) -> tuple[str, str, int]:
    """The template's name, file and line in place of Django's own, as Jinja has it by itself."""
    node = frame.f_locals.get("self")
    token, origin = getattr(node, "token", None), getattr(node, "origin", None)
    if token is None or origin is None:
        return module, frame.f_code.co_filename, line
    return str(origin.template_name or module), str(origin.name), token.lineno or line


@lru_cache(2_048)
def _source(filename: str, line: int) -> tuple[list[str], str, list[str]]:
    lines = [each.rstrip("\n")[:200] for each in linecache.getlines(filename)]
    start, end = max(line - 1 - AROUND, 0), line + AROUND
    return lines[start : line - 1], "".join(lines[line - 1 : line]), lines[line:end]


def _crumb(began: float, alias: str, sql: Any, took: float) -> dict[str, Any]:
    statement = str(sql)[:LONGEST]
    return {
        "type": "query",
        "category": "query",
        "timestamp": began,
        "message": statement,
        "data": {"database": alias, "ms": round(took * 1_000, 2)},
    }
