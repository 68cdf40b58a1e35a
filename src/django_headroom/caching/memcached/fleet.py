"""The nodes together: which of them has a key just now, and orders to many of them at once."""

import os
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django_headroom.caching.few import AllLent
from django_headroom.caching.memcached.addresses import addresses
from django_headroom.caching.memcached.hashing import Ranking
from django_headroom.caching.memcached.links import Link, Turn, converse
from django_headroom.caching.memcached.lookout import Lookout
from django_headroom.caching.memcached.nodes import Node, Patience
from django_headroom.caching.memcached.wire import Answer, Garbled
from django_headroom.caching.tally import Tally


class Order(NamedTuple):
    """What is said to a node about a key."""

    key: bytes
    node: Node
    text: bytes
    is_change: bool = False


class Fleet:
    """All nodes of a pool, as this process knows them; a process that is forked off knows nothing yet."""

    def __init__(self, written: Iterable[str], patience: Patience, tally: Tally) -> None:
        found = addresses(written)
        self.nodes = [Node(address, patience) for address in found]
        self._ranking = Ranking({address.name: address.weight for address in found})
        self._patience, self._tally = patience, tally
        self.begin_afresh()
        _fleets.add(self)

    def begin_afresh(self) -> None:
        """Know nothing of the nodes yet, and use no connection that there was."""
        self._tally.begin_afresh()
        for node in self.nodes:
            node.begin_afresh()
        self._lookout = Lookout(self.nodes)
        unknown = [node for node in self.nodes if not node.is_found]
        if unknown:  # somebody must be asked where they are, who may be slow as well
            finding = threading.Thread(target=lambda: [node.find() for node in unknown], daemon=True)
            finding.start()
            finding.join(self._patience.seconds)
        for node in unknown:
            if not node.is_found:
                self._lose(node, "it is not known yet where it is")

    def holder(self, key: bytes, *, to_change: bool = False) -> tuple[Node | None, bool]:
        """The node that has a key just now, and whether it stands in for another; None: the key is a miss.

        Args:
            to_change: what lies on nodes that are away becomes stale.
        """
        stands_in = False
        for place in self._ranking.places(key):
            node = self.nodes[place]
            absence = node.absence
            if absence is None or (to_change and not node.change_elsewhere(key)):
                return node, stands_in
            if absence.is_stood_in_for_from > time.monotonic():
                break
            stands_in = True
        self._tally.note("nowhere")
        return None, False

    def carry_out(self, orders: Iterable[Order]) -> Iterator[tuple[Order, Answer]]:
        """The orders that were answered within the time that one node has, with the answers."""
        by_node: dict[Node, list[Order]] = {}
        for order in orders:
            by_node.setdefault(order.node, []).append(order)
        for may_retry in (True, False):
            again: dict[Node, list[Order]] = {}
            for node, turn in self._converse(by_node):
                if turn.fault is None:
                    yield from zip(by_node[node], turn.answers, strict=True)
                elif may_retry and isinstance(turn.fault, ConnectionError) and not turn.link.is_fresh:
                    # A node that was begun anew, or has closed what was idle for long, is here all the same.
                    node.forget_links()
                    again[node] = by_node[node]
                else:
                    self._give_up(node, by_node[node], turn.fault)
            if not again:
                return
            by_node = again

    def _converse(self, by_node: dict[Node, list[Order]]) -> Iterator[tuple[Node, Turn]]:
        """All at once, but for nodes to which other threads have all connections: each of those then, by itself."""
        turns, busy = {}, []
        for node, orders in by_node.items():
            try:
                turns[_turn(node.lend(0.0), orders)] = node
            except AllLent:
                busy.append(node)
            except OSError as fault:
                self._give_up(node, orders, fault)
        yield from self._hear(turns)
        for node in busy:
            try:
                link = node.lend(self._patience.seconds)
            except (AllLent, OSError) as fault:
                self._give_up(node, by_node[node], fault)
            else:
                yield from self._hear({_turn(link, by_node[node]): node})

    def _hear(self, turns: dict[Turn, Node]) -> Iterator[tuple[Node, Turn]]:
        under_way = dict(turns)
        try:
            for turn in converse(turns, time.monotonic() + self._patience.seconds):
                node = under_way.pop(turn)
                node.take_back(turn)  # at once: other threads may wait for it, while we wait for other nodes
                yield node, turn
        finally:
            for turn, node in under_way.items():  # if somebody interrupts us
                turn.fault = InterruptedError()
                node.take_back(turn)

    def _give_up(self, node: Node, orders: list[Order], fault: Exception) -> None:
        """It costs one moment; what was to be changed there may be changed or not, and is stale from now on."""
        if isinstance(fault, TimeoutError | AllLent):
            self._tally.note("late")
        else:
            self._tally.note("garbled" if isinstance(fault, Garbled) else "refused")
        self._lose(node, fault)
        for order in orders:
            if order.is_change:
                node.change_elsewhere(order.key)

    def _lose(self, node: Node, why: object) -> None:
        if node.lose(why):
            self._tally.note("lost")
            self._lookout.begin()

    def close(self) -> None:
        """End all connections, and look after nobody any more."""
        self._lookout.close()
        for node in self.nodes:
            node.forget_links()


def _turn(link: Link, orders: list[Order]) -> Turn:
    return Turn(link, b"".join([order.text for order in orders]), len(orders))


_fleets: weakref.WeakSet[Fleet] = weakref.WeakSet()


def _begin_afresh() -> None:
    for fleet in list(_fleets):
        fleet.begin_afresh()


os.register_at_fork(after_in_child=_begin_afresh)
