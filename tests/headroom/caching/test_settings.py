"""The store that the settings choose, and what the system checks say of wrong ones."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from django_headroom.caching import store
from django_headroom.caching.checks import check_caching
from django_headroom.caching.embedded import Embedded
from django_headroom.caching.memcached import Pool
from django_headroom.caching.stores import folder
from tests.headroom.caching.nodes import Memcached


@pytest.fixture(autouse=True)
def _settings_of_before(settings: Any) -> None:
    settings.HEADROOM = {}


def test_without_servers_the_store_is_embedded_and_lies_where_it_is_told(
    settings: Any, tmp_path: Path
) -> None:
    settings.HEADROOM = {"CACHE_FOLDER": str(tmp_path / "cache")}
    assert isinstance(store(), Embedded)
    assert store() is store()
    assert store().put("page", b"one", seconds=60)
    assert (tmp_path / "cache" / "cache-1.sqlite3").exists()


def test_the_embedded_store_of_a_project_lies_apart_from_others(monkeypatch: Any, tmp_path: Path) -> None:
    mine = folder()
    monkeypatch.chdir(tmp_path)
    assert folder() != mine


def test_with_servers_the_store_is_their_pool(settings: Any, nodes: dict[str, Memcached]) -> None:
    settings.HEADROOM = {"CACHE": [node.place for node in nodes.values()], "CACHE_VALUE_BYTES": 100}
    assert isinstance(store(), Pool)
    assert store().put("page", b"one", seconds=60)
    assert not store().put("page", b"x" * 101, seconds=60)


@pytest.mark.parametrize(
    ("written", "number", "said"),
    [
        ({"CACHE": ["10.0.0.5:port"]}, "E501", "write HOST:PORT"),
        ({"CACHE": "10.0.0.5:11211"}, "E501", "is the text '10.0.0.5:11211'"),
        ({"CACHE": ["a=h:1", "a=h:2"]}, "E501", "give each its own"),
        ({"CACHE_SECONDS": 0}, "E502", "'CACHE_SECONDS'] is 0"),
        ({"CACHE_LINKS": -1}, "E502", "'CACHE_LINKS'] is -1"),
        ({"CACHE_BYTES": 1_000}, "E502", "no file of that size"),
        ({"CACHE_LOOK_SECONDS": 0.05}, "W503", "without a pause"),
    ],
)
def test_a_wrong_setting_is_told_with_its_cure(written: dict[str, Any], number: str, said: str) -> None:
    with override_settings(HEADROOM=written):
        fault = next(each for each in check_caching(None) if each.id == f"headroom.{number}")
        assert said in fault.msg
        assert fault.hint


def test_a_folder_that_others_may_write_into_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with override_settings(HEADROOM={"CACHE_FOLDER": str(tmp_path)}):
        assert [each.id for each in check_caching(None)] == ["headroom.E504"]


def test_the_defaults_are_right() -> None:
    assert check_caching(None) == []


def test_django_itself_asks(settings: Any) -> None:
    settings.HEADROOM = {"CACHE": ["nowhere:x"]}
    with pytest.raises(SystemCheckError, match="E501"):
        call_command("check")
