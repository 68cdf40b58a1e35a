"""The keys of programs: found by what is shown, renewed with an overlap, revoked, and counted by the hour."""

import argparse
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from descant.accounts.ending import end_everywhere
from descant.forums.directory import UnknownKey
from descant.forums.keys.counting import forget_hours, note_uses, usage_of
from descant.forums.keys.issuing import issue_key, revoke_key, rotate_key
from descant.forums.keys.showing import BadAccessToken, bearer_of, key_with_public, key_with_secret
from descant.forums.models import Key, KeyHour
from descant.forums.noting import Noted
from descant.operate.commands import CommandFailed, apikey, worker
from django_headroom.testing import query_budget
from django_headroom.updates import change
from tests.descant.conftest import ALL_DATABASES, Cast


def only_key(cast: Cast) -> Key:
    return Key.objects.get(forum=cast.gazette)


def test_a_key_is_found_by_its_public_and_by_its_secret_part(cast: Cast) -> None:
    issued = issue_key(forum=cast.gazette)
    assert key_with_public(issued.public_key) == key_with_secret(issued.secret_key) == only_key(cast)
    for wrong in (issued.public_key, issued.access_token, "", "x"):
        with pytest.raises(UnknownKey):
            key_with_secret(wrong)


def test_no_statement_names_a_secret(cast: Cast) -> None:
    """Logs of statements are read by more people than secrets are meant for."""
    issued = issue_key(forum=cast.gazette)
    with CaptureQueriesContext(connection) as asked:
        bearer_of(key_with_secret(issued.secret_key), issued.access_token)
    assert len(asked) == 2
    assert not any(
        secret in str(asked.captured_queries) for secret in (issued.secret_key, issued.access_token)
    )


def test_an_access_token_acts_as_who_made_it_and_only_beside_its_key(cast: Cast) -> None:
    issued = issue_key(forum=cast.gazette, noted=Noted(cast.ann.user))
    other = issue_key(forum=cast.tribune, noted=Noted(cast.dee.user))
    assert bearer_of(key_with_public(issued.public_key), issued.access_token) == cast.ann.user
    for key, token in ((other.public_key, issued.access_token), (issued.public_key, issued.secret_key)):
        with pytest.raises(BadAccessToken):
            bearer_of(key_with_public(key), token)


def test_the_operators_key_acts_as_the_owner(cast: Cast) -> None:
    issued = issue_key(forum=cast.gazette)
    assert bearer_of(key_with_secret(issued.secret_key), issued.access_token) == cast.ann.user


def test_a_token_ends_with_its_account(cast: Cast) -> None:
    issued = issue_key(forum=cast.gazette, noted=Noted(cast.ann.user))
    assert cast.ann.user is not None
    change(cast.ann.user, is_active=False)
    with pytest.raises(BadAccessToken):
        bearer_of(key_with_public(issued.public_key), issued.access_token)


def test_a_token_ends_when_its_person_signs_out_everywhere_and_a_new_one_is_good(cast: Cast) -> None:
    noted = Noted(cast.ann.user)
    old = issue_key(forum=cast.gazette, noted=noted)
    key = key_with_public(old.public_key)
    assert cast.ann.user is not None
    end_everywhere(user=cast.ann.user)
    with query_budget(1), pytest.raises(BadAccessToken):
        bearer_of(key, old.access_token)
    new = rotate_key(forum=cast.gazette, key_id=key.pk, noted=noted)
    assert new is not None
    key = key_with_secret(new.secret_key)
    assert bearer_of(key, new.access_token) == cast.ann.user
    with pytest.raises(BadAccessToken):
        bearer_of(key, old.access_token)
    assert key_with_secret(old.secret_key) == key, "the secret acts as nobody: it holds for its day"


def test_a_key_from_before_epochs_were_kept_is_given_that_of_its_person(cast: Cast) -> None:
    issue_key(forum=cast.gazette, noted=Noted(cast.ann.user))
    assert cast.ann.user is not None
    end_everywhere(user=cast.ann.user)
    change(only_key(cast), by_epoch=None)
    migration = import_module("descant.forums.migrations.0012_token_epochs")
    migration.fill_in(apps, SimpleNamespace(connection=connection))
    assert only_key(cast).by_epoch == cast.ann.user.token_epoch == 1


def test_who_rotates_anothers_key_gets_no_token_that_acts_as_her(cast: Cast) -> None:
    """A token reaches every forum of its person, and two owners of one forum have others of their own."""
    old = issue_key(forum=cast.gazette, noted=Noted(cast.ann.user))
    new = rotate_key(forum=cast.gazette, key_id=only_key(cast).pk, noted=Noted(cast.dee.user))
    assert new is not None
    key = key_with_secret(new.secret_key)
    assert bearer_of(key, new.access_token) == cast.dee.user
    with pytest.raises(BadAccessToken):
        bearer_of(key, old.access_token)
    assert key_with_secret(old.secret_key) == key


def test_after_a_rotation_old_and_new_hold_for_a_day_and_then_the_new(cast: Cast) -> None:
    old = issue_key(forum=cast.gazette)
    new = rotate_key(forum=cast.gazette, key_id=only_key(cast).pk)
    assert new is not None
    assert (new.public_key, new.secret_key == old.secret_key) == (old.public_key, False)
    key = only_key(cast)
    assert key.secrets() == [new.secret_key, old.secret_key]
    for issued in (old, new):
        assert bearer_of(key_with_secret(issued.secret_key), issued.access_token) == cast.ann.user
    kept = key_with_secret(old.secret_key)
    change(key, former_until=datetime.now(UTC) - timedelta(seconds=1))
    change(
        kept, former_until=datetime.now(UTC) - timedelta(seconds=1)
    )  # as the copy in a process has it a day later
    assert key.secrets() == [new.secret_key]
    with pytest.raises(UnknownKey):
        key_with_secret(old.secret_key)
    with pytest.raises(BadAccessToken):
        bearer_of(key, old.access_token)
    assert key_with_secret(new.secret_key) == key


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_a_revoked_key_is_unknown_at_once_on_its_machine(cast: Cast) -> None:
    issued = issue_key(forum=cast.gazette)
    key = key_with_secret(issued.secret_key)
    assert revoke_key(forum=cast.gazette, key_id=key.pk)
    with pytest.raises(UnknownKey):
        key_with_secret(issued.secret_key)
    assert not revoke_key(forum=cast.gazette, key_id=key.pk)


def test_another_forums_key_is_neither_renewed_nor_revoked(cast: Cast) -> None:
    issue_key(forum=cast.tribune)
    key = Key.objects.get(forum=cast.tribune)
    assert rotate_key(forum=cast.gazette, key_id=key.pk) is None
    assert not revoke_key(forum=cast.gazette, key_id=key.pk)
    assert Key.objects.get(forum=cast.tribune).secret_digest == key.secret_digest


def test_uses_fall_into_their_hours_once(cast: Cast) -> None:
    issue_key(forum=cast.gazette)
    key, noon = only_key(cast), datetime.now(UTC).replace(hour=12, minute=1)
    change(key, uses=3)
    assert (note_uses(noon), note_uses(noon)) == (1, 0)
    change(key, uses=5)
    assert note_uses(noon + timedelta(minutes=58)) == 1
    change(key, uses=6)
    note_uses(noon + timedelta(hours=1))
    assert list(KeyHour.objects.order_by("began_at").values_list("uses", flat=True)) == [5, 1]
    of = usage_of([only_key(cast)])[key.pk]
    assert (of.today, of.week, of.ever, of.last_at) == (6, 6, 6, noon + timedelta(hours=1))


def test_today_and_the_week_are_told_apart_and_what_is_older_goes(cast: Cast) -> None:
    issue_key(forum=cast.gazette)
    key, now = only_key(cast), datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for days, uses in ((0, 1), (6, 10), (7, 100), (29, 1_000), (40, 10_000)):
        KeyHour.objects.create(key=key, began_at=now - timedelta(days=days), uses=uses)
    of = usage_of([key])[key.pk]
    assert (of.today, of.week) == (1, 11)
    assert forget_hours() == 1
    assert usage_of([key])[key.pk] == of


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_the_worker_brings_uses_into_their_hour(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_noted_at", float("-inf"))
    with override_settings(HEADROOM={**settings.HEADROOM, "COUNTERS_FOLDER": str(tmp_path)}):
        issued = issue_key(forum=cast.gazette)
        for _ in range(3):
            key_with_public(issued.public_key)
        worker.bring_in_counts()
    assert KeyHour.objects.get(key=only_key(cast)).uses == 3


def ask(capsys: pytest.CaptureFixture[str], *written: str) -> str:
    parser = argparse.ArgumentParser()
    apikey.add_arguments(parser)
    apikey.run(parser.parse_args(written))
    return capsys.readouterr().out


def test_no_key_looks_like_an_option(cast: Cast) -> None:
    """One in 64 of those that are drawn would."""
    issued = [issue_key(forum=cast.gazette) for _ in range(150)]
    keys = [key for each in issued for key in (each.public_key, each.secret_key, each.access_token)]
    assert not [key for key in keys if key.startswith("-")]


def test_the_command_makes_lists_renews_and_revokes(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    made = json.loads(ask(capsys, "create", "gazette", "--title", "Theme", "--json"))
    told = ask(capsys, "list", "gazette")
    assert made["public_key"] in told
    assert told.endswith("  today 0  week 0  last -  as ann  Theme\n")
    assert not any(made[secret] in told for secret in ("secret_key", "access_token"))
    renewed = json.loads(ask(capsys, "rotate", "gazette", made["public_key"][:12], "--json"))
    assert renewed["secret_key"] != made["secret_key"]
    assert "a day more" in ask(capsys, "rotate", "gazette", made["public_key"])
    for forum, key in (("gazette", "nonsense"), ("tribune", made["public_key"])):
        with pytest.raises(CommandFailed):
            ask(capsys, "revoke", forum, key)
    ask(capsys, "revoke", "gazette", made["public_key"])
    assert not Key.objects.exists()
