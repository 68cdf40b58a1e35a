"""What is asked for, how many may ask, and what a channel remembers for who comes back."""

import pytest

from descant.discussion.reading.changes import Clock
from descant.forums.caches.sending import RestsOn
from descant.live import events
from descant.live.admitting import Admitted, Limits
from descant.live.asking import Asked, asking_in
from descant.live.channels import KEPT_MOST, Channel, Told

FORUM, THREAD = 1, 7
BREAD = Asked("gazette", THREAD)


def test_a_forum_leaves_others_some_places() -> None:
    admitted = Admitted(Limits(10, 2, 10))
    for _ in range(2):
        admitted.add("gazette", "192.0.2.1")
    assert (admitted.refusal("gazette", "192.0.2.2"), admitted.refusal("tribune", "192.0.2.2")) == (503, 0)


def test_a_channel_remembers_so_many_pieces_and_no_more() -> None:
    channel = Channel(BREAD)
    for version in range(KEPT_MOST + 20):
        channel.learn(Told(Clock("1.1", version), b"{}", RestsOn("p1", FORUM, 1, THREAD, version)))
    assert channel.missed(Clock("1.1", 3)) is None
    assert channel.missed(Clock("1.1", KEPT_MOST)) is not None


def test_what_is_too_long_to_be_kept_for_each_reader_is_a_page_less() -> None:
    """Two hundred long comments that are shown again at once are megabytes, for each of ten thousand readers."""
    channel = Channel(BREAD)

    def learn(version: int, length: int) -> bytes:
        rests_on = RestsOn("p1", FORUM, 1, THREAD, version)
        return channel.learn(Told(Clock("1.1", version), b"x" * length, rests_on))

    learn(1, 1)
    assert events.RELOAD in learn(2, events.LONGEST + 1)
    assert events.RELOAD in (channel.missed(Clock("1.1", 1)) or b"")
    for version in (3, 4):
        assert events.RELOAD not in learn(version, events.LONGEST // 2)
    assert channel.missed(Clock("1.1", 2)) == events.change(channel.clock, events.RELOAD)
    past = Told(channel.clock, b"x" * (events.LONGEST + 1), RestsOn("p1", FORUM, 1, THREAD, 4))
    channel.remember(Clock("1.1", 0), past)
    assert len(channel.missed(Clock("1.1", 0)) or b"") < 100


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("f=gazette&thread=7&since=1-2&lang=de&t_i=x", Asked("gazette", 7, language="de")),
        ("f=gazette&t_i=bread&t_u=&since=1-0&lang=xx", Asked("gazette", None, "bread")),
        ("f=gazette&since=1-0", None),
        ("f=gazette&thread=7&since=soon", None),
        ("f=gazette&thread=²&since=1-0", None),
        (f"f=gazette&thread=7&since=1-0&t_u={'x' * 5_000}", None),
    ],
)
def test_what_is_asked_for(query: str, asked: Asked | None) -> None:
    found = asking_in(query, None)
    assert (found.asked if found else None) == asked


def test_the_last_event_counts_more_than_what_the_address_says() -> None:
    found = asking_in("f=gazette&thread=7&since=1-2", "1.1-9")
    assert found == (BREAD, Clock("1.1", 9), True)


def test_where_nothing_has_changed_the_clock_alone_is_told() -> None:
    """``data:`` without a letter would be an event, and nothing that can be read."""
    assert events.change(Clock("1.1", 3), b"") == b"id: 1.1-3\n\n"
    assert b"\ndata: {" in events.change(Clock("1.1", 3), events.RELOAD)
