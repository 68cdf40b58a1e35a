"""The first start: a forum for the demo's articles, its owner, and a few voices, so that nothing is empty."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from descant.accounts.models import User
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.judging import pacing
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.voting import cast_vote
from descant.forums.domains import as_host
from descant.forums.models import Forum
from descant.forums.opening import add_domain, open_forum
from django_headroom.transactions import writing

OWNER, FORUM = "owner", "gazette"

# (article, its title) -> (name, text, number of the comment that it answers, votes up)
VOICES: dict[tuple[str, str], list[tuple[str, str, int | None, int]]] = {
    ("harbours", "The hour before the boats"): [
        (
            "Ilse",
            "My father rang a bell at that hour, and **nobody** had asked him to. I miss the bell.",
            None,
            4,
        ),
        ("Tomas", "Was that the one by the fish hall? I think I know that bell.", 0, 2),
        ("Ilse", "By the fish hall, yes. It hangs in the museum now, behind glass.", 1, 1),
        ("Ruth", "> nothing in it moves\n\nExcept the gulls. The gulls always move.", None, 3),
    ],
    ("bread", "What the dough knows"): [
        ("Kenji", "Eighteen hours in the cold and I would never go back. The crust sings.", None, 5),
        ("Ada", "How wet do you make it? Mine spreads like a puddle.", 0, 0),
        ("Kenji", "72 %. `fold, rest, fold` – and trust it.", 1, 2),
    ],
    ("night-trains", "Asleep across four borders"): [
        ("Noor", "I woke up at the third border and saw snow on the palm trees. Worth every hour.", None, 2),
    ],
}


@dataclass(frozen=True)
class Welcome:
    """How the demo's owner signs in, and where."""

    owner: str
    password: str
    forum: str


def prepare_demo(*, service_url: str, demo_url: str) -> Welcome:
    """Open the demo's forum for the site at ``demo_url``, unless it is open; its owner keeps her password."""
    owner, password = _owner()
    forum = Forum.objects.filter(name=FORUM).first()
    if forum is None:
        forum = open_forum(name=FORUM, title="The Demo Gazette", domains=[demo_url], owner=owner)
        _speak(forum, demo_url)
    elif not forum.domains.filter(host=as_host(demo_url)).exists():
        add_domain(forum=forum, domain=demo_url)
        _speak(forum, demo_url)
    return Welcome(owner=OWNER, password=password, forum=FORUM)


def _owner() -> tuple[User, str]:
    kept: Path = settings.DESCANT_DATA / "demo-owner"
    owner = User.objects.filter(username=OWNER).first()
    if owner is not None:
        return owner, kept.read_text() if kept.exists() else ""
    password = secrets.token_urlsafe(9)
    with writing("default"):
        owner = User(username=OWNER, name="Maren Holt", email="owner@gazette.example", is_staff=True)
        owner.set_password(password)
        owner.save(force_insert=True)
    kept.touch(mode=0o600)
    kept.write_text(password)
    return owner, password


def _speak(forum: Forum, demo_url: str) -> None:
    for (slug, title), voices in VOICES.items():
        page = PageAddress(url=f"{demo_url.rstrip('/')}/{slug}", title=title)
        thread = make_thread(forum, page)
        said: list[Comment] = []
        for voice in voices:
            said.append(_say(forum, thread, voice, said))


def _say(
    forum: Forum, thread: Thread, voice: tuple[str, str, int | None, int], said: list[Comment]
) -> Comment:
    name, words, answers, ups = voice
    parent = None if answers is None else said[answers].pk
    speaker = Author(guest=pacing.keyed(f"demo/{name}")[:32], name=name)
    comment = post_comment(
        forum=forum, thread=thread, author=speaker, draft=Draft(text=words, parent_id=parent)
    )
    for number in range(ups):
        reader = Author(guest=secrets.token_hex(16), address=f"192.0.2.{number + 1}")
        cast_vote(forum=forum, comment=comment, author=reader, value=1)
    return comment
