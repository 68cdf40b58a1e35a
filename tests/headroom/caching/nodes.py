"""Real memcached processes, killed and stopped; and machines that are worse than dead."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from tests.servers import free_port

HOST = "127.0.0.1"
AS_ROOT = ["-u", "root"] if os.geteuid() == 0 else []


class Memcached:
    """One node, on a port of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.place = f"{HOST}:{self.port}"
        self.start()

    def start(self) -> None:
        arguments = ["-l", HOST, "-p", str(self.port), "-U", "0", "-m", "64", "-t", "2", *AS_ROOT]
        self.process = subprocess.Popen(["memcached", *arguments], stderr=subprocess.DEVNULL)
        until(lambda: self.say(b"version\r\n").startswith(b"VERSION"))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        until(lambda: self._state() == "T")

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def say(self, words: bytes) -> bytes:
        """What it answers to somebody who is not the pool."""
        try:
            with socket.create_connection((HOST, self.port), timeout=5) as other:
                other.sendall(words)
                return other.recv(65_536)
        except ConnectionRefusedError:
            return b""

    def connections(self) -> int:
        """How many it has, but for this one and those on which it listens."""
        stats = dict(line.split()[1:3] for line in self.say(b"stats\r\n").splitlines() if line[:4] == b"STAT")
        return int(stats[b"curr_connections"]) - 2

    def _state(self) -> str:
        with open(f"/proc/{self.process.pid}/stat") as stat:
            return stat.read().rpartition(") ")[2][0]


@contextmanager
def silent() -> Iterator[tuple[str, Callable[[], int]]]:
    """A machine that takes connections and never says a word; and how many it has got since it was last asked."""
    with closing(socket.socket()) as listener:
        listener.bind((HOST, 0))
        listener.listen(64)
        listener.setblocking(False)

        def taken() -> int:
            count = 0
            while True:
                try:
                    listener.accept()[0].close()
                except BlockingIOError:
                    return count
                count += 1

        yield f"{HOST}:{listener.getsockname()[1]}", taken


@contextmanager
def black_hole() -> Iterator[str]:
    """A machine that answers no attempt to connect: the system drops them, for its queue is full."""
    with closing(socket.socket()) as listener:
        listener.bind((HOST, 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(listener.getsockname())
        try:
            yield f"{HOST}:{listener.getsockname()[1]}"
        finally:
            for each in waiting:
                each.close()


def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait for something that comes about by itself."""
    late_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < late_at, "it did not come about"
        time.sleep(0.01)
