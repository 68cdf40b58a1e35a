"""`descant user`: accounts made and ended by those who run a site."""

import io

import pytest
from allauth.account.models import EmailAddress

from descant.accounts.models import User
from descant.accounts.tokens import BadToken, issue_token, read_token
from descant.operate.commands import user as command
from descant.site.command import run

PASSWORD = "a long password of Ann"


def said(monkeypatch: pytest.MonkeyPatch, *words: str, password: str = PASSWORD) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return run(command, list(words))


def test_an_account_is_made_with_a_confirmed_address(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, "create", "ann", "--email", "Ann@mail.example", "--password-stdin") == 0
    ann = User.objects.get(username="ann")
    assert ann.check_password(PASSWORD)
    assert (ann.name, ann.is_superuser) == ("ann", False)
    assert EmailAddress.objects.get().verified


def test_an_operator_may_have_any_name(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "create admin --email a@mail.example --superuser --shown-name Ann --password-stdin"
    assert said(monkeypatch, *words.split()) == 0
    admin = User.objects.get(username="admin")
    assert (admin.name, admin.is_superuser, admin.is_staff) == ("Ann", True, True)


def test_what_cannot_be_is_refused_in_one_line(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create = ["create", "ann", "--email", "ann@mail.example", "--password-stdin"]
    assert said(monkeypatch, *create, password="short") == 2
    assert said(monkeypatch, "create", "ann", "--email", "nonsense", "--password-stdin") == 2
    assert not User.objects.exists()
    assert said(monkeypatch, *create) == 0
    assert said(monkeypatch, *create) == 2
    assert said(monkeypatch, "create", "eve", "--email", "ANN@mail.example", "--password-stdin") == 2
    assert said(monkeypatch, "password", "nobody", "--password-stdin") == 2
    assert User.objects.count() == 1
    refusals = capsys.readouterr().err.splitlines()
    assert len(refusals) == 5
    assert all(line.startswith("descant user: ") for line in refusals)


def test_an_account_gets_another_password_and_is_ended(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    said(monkeypatch, "create", "ann", "--email", "ann@mail.example", "--password-stdin")
    token = issue_token(forum_id=1, user=User.objects.get())
    assert said(monkeypatch, "end", "ann") == 0
    with pytest.raises(BadToken):
        read_token(token, forum_id=1)
    assert said(monkeypatch, "password", "ann", "--password-stdin", password="another long one") == 0
    assert User.objects.get().check_password("another long one")
