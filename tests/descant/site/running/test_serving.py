"""`descant serve` makes a demo only where it can spoil nothing, refuses a taken port, and says where to click."""

import socket
from pathlib import Path

import pytest

from descant.operate.commands import CommandFailed
from descant.site.command import main
from descant.site.serving import Place, demo_mark, greeting, refuse_taken_ports, remember_demo, wants_demo
from tests.servers import free_port


@pytest.fixture(autouse=True)
def _no_words_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DESCANT_DEMO", "DESCANT_DATABASE"):
        monkeypatch.delenv(name, raising=False)


def test_a_new_folder_gets_a_demo(tmp_path: Path) -> None:
    assert wants_demo(None, tmp_path)
    assert wants_demo(None, tmp_path / "not there yet")


def test_a_folder_in_use_gets_none(tmp_path: Path) -> None:
    (tmp_path / "global.sqlite3").touch()
    assert not wants_demo(None, tmp_path)


def test_a_demo_stays_until_its_mark_is_removed(tmp_path: Path) -> None:
    remember_demo(tmp_path)
    assert wants_demo(None, tmp_path)
    demo_mark(tmp_path).unlink()
    (tmp_path / "global.sqlite3").touch()
    assert not wants_demo(None, tmp_path)


def test_a_new_folder_beside_named_databases_gets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESCANT_DATABASE", "postgresql://db.example/descant")
    assert not wants_demo(None, tmp_path)
    assert wants_demo(True, tmp_path)


def test_a_taken_port_is_refused_by_name(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CommandFailed, match=f"cannot listen on 127.0.0.1 port {port}"):
            refuse_taken_ports(Place("127.0.0.1", port, tmp_path, 1, 2, demo=False))


def test_a_port_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="there is no such port"):
        refuse_taken_ports(Place("127.0.0.1", 70_000, tmp_path, 1, 2, demo=False))


def test_the_greeting_says_where_to_click_and_how_to_sign_in(tmp_path: Path) -> None:
    welcome = {"owner": "owner", "password": "open sesame", "forum": "gazette"}
    said = greeting(Place("127.0.0.1", 8000, tmp_path, 2, 2, demo=True), welcome)
    assert "http://127.0.0.1:8001/" in said
    assert "http://localhost:8000/" in said
    assert "owner, password: open sesame" in said
    without = greeting(Place("127.0.0.1", 8000, tmp_path, 2, 2, demo=False), {})
    assert "8001" not in without
    assert "descant forum open" in without


def test_an_unknown_command_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert capsys.readouterr().err == (
        "descant: there is no command 'nonsense'; `descant help` lists them.\n"
    )


def test_a_refusal_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        port = str(listener.getsockname()[1])
        assert main(["serve", "--port", port, "--data", str(tmp_path / "data"), "--no-demo"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert port in said
    assert not (tmp_path / "data").exists()


def test_all_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    said = capsys.readouterr().out
    for name in ("serve", "upgrade", "worker", "forum", "apikey", "import", "seed", "manage"):
        assert f"descant {name} " in said
