"""Connections to nodes, and many conversations under one deadline: who is late keeps nobody from hearing the others."""

import errno
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from django_headroom.caching.memcached.wire import Answer, Garbled, read

AT_ONCE = 65_536
_RESET = struct.pack("ii", 1, 0)


class Link:
    """A connection, perhaps still on its way: it never blocks."""

    def __init__(self, family: int, place: object) -> None:
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.is_fresh = True
        self.socket.setblocking(False)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fault = self.socket.connect_ex(place)  # type: ignore[arg-type]
        if fault not in (0, errno.EINPROGRESS):
            self.socket.close()
            raise OSError(fault, "no connection")

    def close(self) -> None:
        """End it, and have the system forget what it has not yet delivered: it must not arrive at a later time."""
        with suppress(OSError):  # it has ended by itself
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.socket.close()


class Turn:
    """What is said on a link, and what is heard: so many answers, or a fault."""

    __slots__ = ("_at", "_awaited", "_heard", "_unsaid", "answers", "fault", "link")

    def __init__(self, link: Link, question: bytes, awaited: int) -> None:
        self.link = link
        self.answers: list[Answer] = []
        self.fault: Exception | None = None
        self._unsaid = memoryview(question)
        self._awaited = awaited
        self._heard = bytearray()
        self._at = 0

    @property
    def is_over(self) -> bool:
        return self.fault is not None or len(self.answers) == self._awaited

    @property
    def waits_for(self) -> int:
        return select.POLLIN | select.POLLOUT if self._unsaid else select.POLLIN

    def say(self) -> None:
        """As much as the link takes now."""
        try:
            while self._unsaid:
                self._unsaid = self._unsaid[self.link.socket.send(self._unsaid) :]
        except BlockingIOError:
            pass

    def hear(self) -> None:
        """What has come.

        Raises:
            ConnectionError: the node has gone.
            Garbled: it speaks as no memcached does.
        """
        try:
            came = self.link.socket.recv(AT_ONCE)
        except BlockingIOError:
            return
        if not came:
            raise ConnectionResetError("the node has gone")
        self._heard += came
        while len(self.answers) < self._awaited and (found := read(self._heard, self._at)):
            answer, self._at = found
            self.answers.append(answer)


def converse(turns: Iterable[Turn], until: float) -> Iterator[Turn]:
    """Hold these conversations side by side, and give each as it is over; those that the deadline ends have a fault."""
    poll, open_turns = select.poll(), {}
    for turn in turns:
        _go_on(turn, turn.say)
        if turn.is_over:
            yield turn
            continue
        descriptor = turn.link.socket.fileno()
        open_turns[descriptor] = turn
        poll.register(descriptor, turn.waits_for)
    while open_turns:
        # Even when it is too late what has come is taken: it may be we who were kept from looking.
        ready = poll.poll(max(0.0, until - time.monotonic()) * 1_000)
        for descriptor, event in ready:
            turn = open_turns[descriptor]
            if event & select.POLLOUT:
                _go_on(turn, turn.say)
            if event & ~select.POLLOUT:
                _go_on(turn, turn.hear)
            if turn.is_over:
                poll.unregister(descriptor)
                yield open_turns.pop(descriptor)
            else:
                poll.modify(descriptor, turn.waits_for)
        if not ready:
            for turn in open_turns.values():
                turn.fault = TimeoutError("no answer in time")
                yield turn
            return


def _go_on(turn: Turn, step: Callable[[], None]) -> None:
    if turn.fault is not None:
        return
    try:
        step()
    except (OSError, Garbled) as fault:
        turn.fault = fault
