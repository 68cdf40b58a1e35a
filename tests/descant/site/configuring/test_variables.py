"""Variables are read by their types; one that nobody reads, or that says what it cannot mean, stops the start."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from descant.site.configuring.databases import databases
from descant.site.configuring.variables import Variables, changed_names


def test_each_type_is_read_and_without_a_word_its_default() -> None:
    said = Variables({"DESCANT_PORT": "8080", "DESCANT_LIVE": "0", "DESCANT_HOSTS": "a.example  b.example"})
    assert said.number("DESCANT_PORT", 8000) == 8080
    assert said.number("DESCANT_HOT_MB", 64) == 64
    assert said.is_on("DESCANT_LIVE", "1") is False
    assert said.words("DESCANT_HOSTS") == ["a.example", "b.example"]
    assert said.words("DESCANT_CACHE", between=",") == []
    assert said.seconds("DESCANT_ANSWER_SECONDS", 1.5) == 1.5
    assert said.secret("DESCANT_SECRET_KEY") == ""


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert Variables({"DESCANT_PORT": ""}).number("DESCANT_PORT", 8000) == 8000


@pytest.mark.parametrize("written", ["eighty", "-1", "8.5", "٣", "1e3", "9" * 30])
def test_what_is_no_number_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="write a whole number from 0 on, such as 8000"):
        Variables({"DESCANT_PORT": written}).number("DESCANT_PORT", 8000)


def test_yes_is_one_or_nought_and_seconds_are_seconds() -> None:
    with pytest.raises(ImproperlyConfigured, match="write 1 or 0"):
        Variables({"DESCANT_LIVE": "yes"}).is_on("DESCANT_LIVE")
    with pytest.raises(ImproperlyConfigured, match="write seconds"):
        Variables({"DESCANT_ANSWER_SECONDS": "fast"}).seconds("DESCANT_ANSWER_SECONDS", 1.5)


def test_a_word_is_one_of_those_there_are() -> None:
    said = Variables({"DESCANT_LOG": "LOUD"})
    with pytest.raises(ImproperlyConfigured, match="DESCANT_LOG is 'LOUD': write one of INFO, ERROR"):
        said.one_of("DESCANT_LOG", "INFO", choices=("INFO", "ERROR"))


@pytest.mark.parametrize("variable", ["DESCANT_POOL", "DESCANT_POOLED", "DESCANT_PREPARED"])
def test_what_is_said_of_servers_is_read_by_its_type_too(variable: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{variable} is 'many'"):
        databases(Variables({variable: "many"}), tmp_path)


def test_a_server_that_says_nothing_more_is_given_up_unless_its_url_says_otherwise(tmp_path: Path) -> None:
    urls = {
        "DESCANT_DATABASE": "postgresql://db.example/descant",
        "DESCANT_PARTITION_1": "postgresql://db.example/p1?tcp_user_timeout=700",
    }
    found, _told = databases(Variables(urls), tmp_path)
    assert found["default"]["OPTIONS"]["tcp_user_timeout"] == 10_000
    assert found["p1"]["OPTIONS"]["tcp_user_timeout"] == 700
    assert all(each["OPTIONS"]["keepalives_idle"] == 10 for each in found.values())


def test_a_variable_that_nobody_reads_is_refused_with_the_one_that_was_meant() -> None:
    said = Variables({"DESCANT_PROT": "8080"})
    said.number("DESCANT_PORT", 8000)
    with pytest.raises(ImproperlyConfigured, match="is no setting; do you mean DESCANT_PORT"):
        said.refuse_unknown()


def test_databases_and_what_kubernetes_sets_for_a_service_of_our_name_are_no_strangers() -> None:
    Variables(
        {
            "DESCANT_PARTITION_12_REPLICAS": "postgresql://…",
            "DESCANT_SERVICE_HOST": "10.0.0.1",
            "DESCANT_PORT_8000_TCP_ADDR": "10.0.0.1",
            "PATH": "/bin",
        }
    ).refuse_unknown()


def test_what_kubernetes_says_of_a_port_is_told_with_its_cure() -> None:
    with pytest.raises(ImproperlyConfigured, match="enableServiceLinks"):
        Variables({"DESCANT_PORT": "tcp://10.0.0.1:8000"}).number("DESCANT_PORT", 8000)


def test_a_settings_file_may_change_and_add() -> None:
    before = {"DEBUG": False, "PURGES": []}
    after = {**before, "DEBUG": True, "SOCIALACCOUNT_QUERY_EMAIL": True, "json": object()}
    assert changed_names(before, after, "settings.py") == {"DEBUG", "SOCIALACCOUNT_QUERY_EMAIL"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ALLOWED_HOST", ["x"], "do you mean ALLOWED_HOSTS?"),
        ("EMAIL_TIMOUT", 3, "do you mean EMAIL_TIMEOUT?"),
        ("ALLOWED_HOSTS", "blog.example", "is str: write list"),
        ("DEBUG", "no", "is str: write bool"),
    ],
)
def test_a_slip_in_a_settings_file_is_refused(name: str, value: object, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=told):
        changed_names({"ALLOWED_HOSTS": []}, {"ALLOWED_HOSTS": [], name: value}, str(Path("settings.py")))
