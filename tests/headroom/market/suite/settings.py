"""The settings of a small project: what its two runners turn on."""

from functools import partial
from pathlib import Path

from django_headroom.testing import HeadroomRunner, only_hosts, route_budgets
from tests.headroom.settings import *  # noqa: F403

HERE = Path(__file__).parent
ROOT_URLCONF = "tests.headroom.market.suite.urls"
STATIC_URL = "/static/"  # a live server asks for it
ALLOWED_HOSTS = ["testserver", "localhost"]
TEST_RUNNER = "tests.headroom.market.suite.settings.Runner"


class Runner(HeadroomRunner):
    """What ``pytest.ini`` says for pytest, for Django's runner."""

    guards = [partial(route_budgets, HERE / "budgets.toml"), partial(only_hosts, "localhost", "127.*")]
