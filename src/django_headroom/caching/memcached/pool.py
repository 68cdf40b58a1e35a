"""A store on memcached nodes: names and values as memcached takes them, and what its answers mean."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from django_headroom.caching.held import ABSENT, Held
from django_headroom.caching.memcached.fleet import Fleet, Order
from django_headroom.caching.memcached.nodes import Node, Patience
from django_headroom.caching.memcached.wire import MARK, Answer, asking, dropping, putting
from django_headroom.caching.tally import Tally

LONGEST_KEY = 200
_LIVES, _NODES = 4_096, 256  # a token is memcached's number, the node's life, and its place among the nodes


class Pool:
    """A store that is spread over memcached nodes, of which any may be away.

    >>> pool = Pool(["10.0.0.5:11211", "10.0.0.6:11211"])
    >>> pool.put("page:7", b"...", seconds=60)
    True
    """

    def __init__(
        self, written: Iterable[str], patience: Patience | None = None, most_bytes: int = 1_000_000
    ) -> None:
        """Find the nodes; nothing is asked of them yet.

        Args:
            written: each as ``name=host:port*weight``, see ``addresses``.
            most_bytes: of one value; memcached takes a megabyte with its name, unless it is begun with -I.

        Raises:
            WrongAddress: one cannot be read.
        """
        self.tally = Tally()
        self._patience, self._most_bytes = patience or Patience(), most_bytes
        self._fleet = Fleet(written, self._patience, self.tally)
        self._places = {node.name: place for place, node in enumerate(self._fleet.nodes)}

    def get(self, key: str) -> Held | None:
        """What is held under a name."""
        return self.get_many((key,)).get(key)

    def get_many(self, keys: Sequence[str]) -> dict[str, Held]:
        """What is held of many, from all nodes at the same time."""
        names = {_name(key): key for key in keys}
        orders = []
        for name in names:
            node, _ = self._fleet.holder(name)
            if node:
                orders.append(Order(name, node, asking(name)))
        found = {}
        for order, answer in self._fleet.carry_out(orders):
            if held := self._held(order.node, answer):
                found[names[order.key]] = held
        return found

    def put(self, key: str, value: bytes, *, seconds: float, token: int | None = None) -> bool:
        """Hold a value for a time; False: it is not held, and unless there is a token nothing older is."""
        return key in self._put({key: value}, seconds, {} if token is None else {key: token})

    def put_many(
        self, values: Mapping[str, bytes], *, seconds: float, tokens: Mapping[str, int] | None = None
    ) -> None:
        """Hold many, on all nodes at the same time."""
        self._put(values, seconds, tokens or {})

    def drop(self, key: str) -> None:
        """Hold it no longer."""
        name = _name(key)
        node, _ = self._fleet.holder(name, to_change=True)
        if node:
            list(self._fleet.carry_out([Order(name, node, dropping(name), is_change=True)]))

    def away(self) -> list[str]:
        """The names of the nodes that are not used just now."""
        return [node.name for node in self._fleet.nodes if node.absence]

    def close(self) -> None:
        """End all connections and the thread that looks after nodes."""
        self._fleet.close()

    def _put(self, values: Mapping[str, bytes], seconds: float, tokens: Mapping[str, int]) -> set[str]:
        names = {_name(key): key for key in values}
        orders = []
        for name, key in names.items():
            node, stands_in = self._fleet.holder(name, to_change=True)
            if node:
                lasts = min(seconds, self._patience.seconds_elsewhere) if stands_in else seconds
                if text := self._text(name, values[key], lasts, self._only(node, tokens.get(key))):
                    orders.append(Order(name, node, text, is_change=True))
        return {
            names[order.key]
            for order, answer in self._fleet.carry_out(orders)
            if self._is_kept(order, answer)
        }

    def _text(self, name: bytes, value: bytes, seconds: float, only: bytes | None) -> bytes:
        """What a node is told of a value; nothing, if it would not keep it for sure."""
        if len(value) > self._most_bytes:
            self.tally.note("too_large")
        elif seconds > 0:
            return b"" if only is None else putting(name, value, seconds, only)
        return dropping(name) if only == b"" else b""  # what cannot be kept leaves nothing older behind

    def _only(self, node: Node, token: int | None) -> bytes | None:
        if token is None:
            return b""
        if token == ABSENT:
            return b" ME"
        token, place = divmod(token, _NODES)
        cas, life = divmod(token, _LIVES)
        return b" C%d" % cas if (life, place) == self._mark_of(node) else None

    def _mark_of(self, node: Node) -> tuple[int, int]:
        return node.life % _LIVES, self._places[node.name]

    def _is_kept(self, order: Order, answer: Answer) -> bool:
        if answer.code == b"SERVER_ERROR":
            self.tally.note("not_taken")
        return answer.code == b"HD" and order.text.startswith(b"ms")

    def _held(self, node: Node, answer: Answer) -> Held | None:
        if answer.code != b"VA":
            return None
        if answer.mark != MARK:
            self.tally.note("foreign")
            return None
        life, place = self._mark_of(node)
        return Held(answer.value, (answer.cas * _LIVES + life) * _NODES + place)


def _name(key: str) -> bytes:
    """The name under which memcached holds a key: what it would not take is told by its hash."""
    name = key.encode(errors="surrogatepass")
    if (
        0 < len(name) <= LONGEST_KEY
        and key.isascii()
        and key.isprintable()
        and " " not in key
        and key[0] != "#"
    ):
        return name
    return b"#" + blake2b(name, digest_size=24).hexdigest().encode()
