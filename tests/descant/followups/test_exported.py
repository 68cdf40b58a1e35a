"""Who has asked for a file of her forum is told by mail when it is there."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from descant.accounts.models import Preferences
from descant.discussion.deciding.carrying import ask_for_export
from descant.exchange.leaving.wishes import make_export
from descant.exchange.models import Export
from descant.followups.mail.exported import write_to_owner
from descant.followups.mail.letters import letter_id
from descant.followups.models import Letter
from descant.forums.models import Role
from tests.descant.conftest import Cast
from tests.descant.followups.conftest import Worked, account


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.DESCANT_DATA = tmp_path


def ask(people: Cast, **like: Any) -> Export:
    export: Export = ask_for_export(forum=people.gazette, by=people.ann, format="native", **like)
    return export


def test_she_gets_one_letter_that_leads_to_it(people: Cast, work: Worked) -> None:
    export = ask(people)
    (sent,) = work()
    export.refresh_from_db()
    assert sent.to == [account(people.ann).email]
    assert people.gazette.title in sent.subject
    assert export.file_name in sent.body
    assert "http://localhost:8000/f/gazette/settings/exports/" in sent.body
    assert export.file not in sent.body
    known = letter_id(f"u{account(people.ann).pk}", f"x{export.pk}")
    assert sent.extra_headers["Message-ID"] == f"<{known.hex}@localhost>"
    assert "guard it" not in sent.body


def test_what_is_heard_twice_is_told_once(people: Cast, work: Worked) -> None:
    export = ask(people)
    assert len(work()) == 1
    make_export({"export_id": export.pk})
    told = {"forum_id": people.gazette.pk, "export_id": export.pk, "by_id": account(people.ann).pk}
    write_to_owner(told, event_id="0")
    assert (work(), Letter.objects.count()) == ([], 1)


def test_a_file_with_addresses_is_to_be_guarded(people: Cast, work: Worked) -> None:
    ask(people, personal=True)
    (sent,) = work()
    assert "It has e-mail addresses in it: guard it." in sent.body
    assert isinstance(sent, EmailMultiAlternatives)
    [html] = sent.alternatives
    assert "guard it" in str(html[0])


@pytest.mark.parametrize("why", ["not hers any more", "takes no mail", "gone again"])
def test_nobody_is_told_who_could_not_fetch_it_or_takes_no_mail(people: Cast, work: Worked, why: str) -> None:
    export = ask(people)
    make_export({"export_id": export.pk})
    if why == "not hers any more":
        Role.objects.filter(forum=people.gazette, user=people.ann.user).delete()
    elif why == "takes no mail":
        Preferences.objects.create(user=account(people.ann), mail=Preferences.Mail.NEVER)
    else:
        Export.objects.update(state=Export.State.DROPPED)
    assert work() == []
    assert Letter.objects.get().dropped_for in ("gone", "not liked")
