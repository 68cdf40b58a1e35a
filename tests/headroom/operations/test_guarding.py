"""What crosses its bound is turned off: by failures or slowness, and not by a few."""

import pytest

from django_headroom.operations.switches import Guard, Switch, declare, felt, guarding, is_on, knowing

GUARD = Guard(errors=0.25, seconds=1.0, slow=0.5, least=20)


@pytest.fixture(autouse=True)
def wings() -> None:
    declare(Switch("wings", says="Birds fly.", default=True, unread=True, owner="ann", guard=GUARD))
    declare(Switch("beaks", says="Birds eat.", default=True, unread=True, owner="ann"))


@pytest.mark.parametrize(
    ("calls", "failed", "slow", "stays_on"),
    [
        (20, 5, 0, True),
        (20, 6, 0, False),
        (19, 19, 19, True),
        (20, 0, 10, True),
        (20, 0, 11, False),
    ],
)
def test_a_bound_is_crossed_by_more_than_it_says(calls: int, failed: int, slow: int, stays_on: bool) -> None:
    for number in range(calls):
        guarding._count("wings", GUARD, number < failed, 2.0 if number < slow else 0.0)
    guarding.judge(guarding.sums())
    assert is_on("wings") is stays_on
    assert bool(knowing.tripped()) is not stays_on


def test_a_refusal_is_no_failure() -> None:
    for _ in range(30):
        with pytest.raises(PermissionError), felt("wings", but=(PermissionError,)):
            raise PermissionError
    guarding.judge(guarding.sums())
    assert is_on("wings")


def test_what_has_no_guard_is_not_counted() -> None:
    for name in ("beaks", "never_declared"):
        with felt(name):
            pass
    assert not guarding._felt


def test_what_was_felt_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "WINDOW", 0.0)
    for _ in range(100):
        guarding._count("wings", GUARD, True, 0.0)
    monkeypatch.setattr(guarding, "WINDOW", 3600.0)
    guarding.judge(guarding.sums())
    assert is_on("wings")
