"""What was taken away is not read on from a replica that has not heard of it."""

from typing import Any

import pytest

from descant.discussion.deciding.banning import Whom, ban_person, lift_ban
from descant.forums import bans
from descant.forums.keeping import KeptByForum
from descant.forums.keys import showing
from descant.forums.keys.issuing import issue_key, revoke_key
from descant.forums.models import Ban, Key
from django_headroom.caching.slots import EVERYTHING, slots
from django_headroom.replicas import watching
from tests.descant.conftest import ALL_DATABASES, Cast

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)


@pytest.fixture(autouse=True)
def _a_replica(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition stands for a replica of the global database: what is asked here is which of the two is read."""
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"default": ["p2"]}}
    monkeypatch.setattr(watching, "is_near", lambda primary, replica: True)


def settle(slot: int) -> None:
    """As if nothing had been changed lately, by other tests either."""
    slots().words[slot] = slots().words[EVERYTHING] = 0


def test_a_ban_is_read_where_it_is_known(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: KeptByForum[Any] = KeptByForum("bans", lambda forum, alias: alias)
    monkeypatch.setattr(bans, "in_force", kept)
    settle(kept._changed)
    assert kept.of(cast.gazette) == "p2"
    made = ban_person(
        forum=cast.gazette, whom=Whom(Ban.Kind.GUEST, "f" * 32, "Gus"), reason="Spam.", by=cast.bo
    )
    assert kept.of(cast.gazette) == "default"
    settle(kept._changed)
    kept.forget()
    assert lift_ban(forum=cast.gazette, ban=made, by=cast.bo)
    assert kept.of(cast.gazette) == "default"


def test_a_key_is_read_where_its_revocation_is_known(cast: Cast) -> None:
    def where() -> str:
        found = showing._read(lambda alias: Key(forum=cast.gazette, title=alias))
        return found.title if found else ""

    issue_key(forum=cast.gazette)
    settle(showing.slot_of_keys(cast.gazette.pk))
    assert where() == "p2"
    revoke_key(forum=cast.gazette, key_id=Key.objects.get(forum=cast.gazette).pk)
    assert where() == "default"
