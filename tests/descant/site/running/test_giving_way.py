"""The worker leaves a busy machine to those who read and write; on an idle one it goes on at once."""

import pytest

from descant.operate.commands.worker import SHARE, idle_between, processor_ticks, rest_after


def test_on_a_busy_machine_it_takes_its_share_of_the_time() -> None:
    assert 0.1 / (0.1 + rest_after(0.1, idle=0.1)) == pytest.approx(SHARE)
    assert rest_after(0.1, idle=0.9) == 0
    assert rest_after(60, idle=0) == 5


def test_what_is_idle_is_told_from_two_looks() -> None:
    assert idle_between((100, 1_000), (130, 1_200)) == pytest.approx(0.15)
    assert idle_between((0, 0), (0, 0)) == 1
    unused, in_all = processor_ticks()
    assert 0 <= unused <= in_all
