"""What else an only-read site or forum means: what waits, what goes on, and what is of people and no forum."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from descant.accounts.models import Preferences
from descant.accounts.preferring import keep_preferences
from descant.discussion.deciding.owning import change_settings
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, post_comment
from descant.exchange.arriving.uploads import bring_upload
from descant.exchange.importing import run_import
from descant.exchange.models import ImportJob
from descant.exchange.stream import ImportRefused
from descant.followups.following import follow_thread
from descant.followups.mail.tokens import link_token
from descant.followups.models import Follow, Notice
from descant.switches import SwitchedOff
from django_headroom.delayed.models import Event
from django_headroom.operations.switches import Rule, knowing, switches
from tests.descant.conftest import Cast


def test_nothing_counts_as_seen_and_what_she_hears_of_can_be_ended(
    cast: Cast, say: Callable[..., Comment]
) -> None:
    user: Any = cast.cy.user
    comment = say("Rye.", by=cast.bo)
    follow_thread(user=user, thread=comment.thread)
    Notice.objects.create(user_id=user.pk, kind="reply", forum_id=cast.gazette.pk, comment_id=comment.pk)
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    with switches(read_only=True):
        assert client.get("/accounts/notices/").status_code == 200
        assert Notice.objects.get().seen_at is None
        client.post("/accounts/notices/", {"unfollow": f"t{comment.thread_id}"})
        client.post(f"/mail/stop/{link_token(f'u{user.pk}')}/")
        with pytest.raises(SwitchedOff):
            follow_thread(user=user, thread=comment.thread)
    assert not Follow.objects.exists()
    assert Preferences.objects.get(user=user).mail == "never"


def test_one_forum_is_only_read_and_the_others_and_its_readers_preferences_are_not(cast: Cast) -> None:
    user: Any = cast.cy.user
    knowing.learn([knowing.Turned(1, "read_only", Rule(always={"forum": frozenset({"gazette"})}))])
    try:
        with pytest.raises(SwitchedOff):
            change_settings(forum=cast.gazette, by=cast.ann, title="Rye")
        change_settings(forum=cast.tribune, by=replace(cast.dee, role="owner"), title="Rye")
        keep_preferences(user=user, order="newest")
    finally:
        knowing.forget()
    change_settings(forum=cast.gazette, by=cast.ann, title="Rye")


def test_a_moderator_cannot_have_a_state_instead(cast: Cast, say: Callable[..., Comment]) -> None:
    thread = say("Rye.").thread
    with switches(read_only=True), pytest.raises(SwitchedOff):
        draft = Draft(text="Oats.", state="shown")
        post_comment(forum=cast.gazette, thread=thread, author=cast.bo, draft=draft)


def test_a_file_waits_to_be_read_and_by_hand_it_is_refused(cast: Cast, tmp_path: Path) -> None:
    job = ImportJob.objects.create(
        forum=cast.gazette, format="disqus", file="there", state="waiting", file_size=1
    )
    with switches(read_only=True):
        bring_upload({"forum_id": cast.gazette.pk, "job_id": job.pk})
        with pytest.raises(ImportRefused, match="only read"):
            run_import(format="disqus", path=there(tmp_path), forum=cast.gazette)
        with pytest.raises(ImportRefused) as refused:
            run_import(format="disqus", path=there(tmp_path), forum=cast.gazette, dry_run=True)
        assert "only read" not in str(refused.value), "a dry run writes nothing"
    job.refresh_from_db()
    assert job.state == "waiting"
    again = Event.objects.using("default").get(signal="import_wanted")
    assert again.payload == {"forum_id": cast.gazette.pk, "job_id": job.pk}
    assert again.due_at > timezone.now()


def there(folder: Path) -> Path:
    file = folder / "export.xml"
    file.write_text("nothing")
    return file
