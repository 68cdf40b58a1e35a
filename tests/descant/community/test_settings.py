"""The owner's settings: each section, what is refused, and who may not even know of them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from descant.accounts.models import User
from descant.discussion.authors import Author
from descant.discussion.deciding import NotAModerator
from descant.discussion.deciding import owning as acts
from descant.discussion.deciding.abilities import ABILITIES
from descant.forums.directory import forum_named
from descant.forums.keys.counting import note_uses
from descant.forums.models import Forum, Key, Role, Rule
from descant.forums.models.keys import digest_of
from django_headroom.testing import query_budget
from django_headroom.updates import change
from tests.descant.conftest import Cast

SignedIn = Callable[[Author], Client]
HOME = "/f/gazette/settings/"
PAGES = "domains categories people policy look keys webhooks exports rules history"
SECTIONS = ["", *(f"{page}/" for page in PAGES.split())]
GENERAL = {
    "title": "The Gazette",
    "language": "de",
    "premoderation": "first",
    "flags_to_hold": "5",
    "when_unjudged": "hold",
}


def fresh(cast: Cast) -> Forum:
    return Forum.objects.get(pk=cast.gazette.pk)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_owner_reads_every_section_and_nobody_keeps_a_copy(
    cast: Cast, signed_in: SignedIn, section: str
) -> None:
    answer = signed_in(cast.ann).get(HOME + section)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    html = answer.content.decode()
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=", html)
    assert html.count('aria-current="page"') == 1
    assert "mail.example" not in html


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("who", ["bo", "cy", "dee"])
def test_to_others_a_forum_has_no_settings_as_one_that_is_not_there(
    cast: Cast, signed_in: SignedIn, section: str, who: str
) -> None:
    """Bo moderates, and reads the rules; Dee owns another forum."""
    client = signed_in(getattr(cast, who))
    answer, absent = client.get(HOME + section), client.get(f"/f/nowhere/settings/{section}")
    if (who, section) == ("bo", "rules/"):
        assert answer.status_code == 200
        return
    assert answer.status_code == absent.status_code == 404
    assert answer.content == absent.content
    before = fresh(cast)
    assert client.post(HOME + section, {**GENERAL, "add": "", "domain": "x.example"}).status_code == 404
    assert fresh(cast).revision == before.revision


@pytest.mark.parametrize("name", ["gazette", "nowhere"])
def test_a_stranger_is_asked_to_sign_in_whether_or_not_the_forum_is_there(
    cast: Cast, client: Client, name: str
) -> None:
    answer = client.get(f"/f/{name}/settings/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/accounts/login/?next=/f/{name}/settings/"


def test_a_form_of_another_site_changes_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ann.user)
    assert client.post(HOME, GENERAL).status_code == 403
    assert fresh(cast).title == "gazette"


def test_general_settings_are_kept_and_make_older_pages_old(cast: Cast, signed_in: SignedIn) -> None:
    before = fresh(cast).revision
    answer = signed_in(cast.ann).post(HOME, GENERAL, follow=True)
    assert "Saved." in answer.content.decode()
    forum = fresh(cast)
    assert (forum.title, forum.language, forum.premoderation) == ("The Gazette", "de", "first")
    assert (forum.flags_to_hold, forum.when_unjudged, forum.guests_may_post) == (5, "hold", False)
    assert forum.revision == before + 1
    assert forum_named("gazette").title == "The Gazette"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " \u200b "},
        {"language": "tlh"},
        {"premoderation": "everything"},
        {"flags_to_hold": "-1"},
        {"when_unjudged": ""},
    ],
)
def test_what_cannot_be_is_said_at_its_place(cast: Cast, signed_in: SignedIn, wrong: dict[str, str]) -> None:
    answer = signed_in(cast.ann).post(HOME, {**GENERAL, **wrong})
    assert answer.status_code == 200
    assert 'class="error' in answer.content.decode()
    assert fresh(cast).title == "gazette"


def test_policy_and_secret_bans_stand_on_the_page_of_the_forum(cast: Cast, signed_in: SignedIn) -> None:
    said = {"policy": "Be kind.\r\n<script>", "shadow_bans": "on", "is_transparent": "on"}
    signed_in(cast.ann).post(f"{HOME}policy/", said)
    forum = fresh(cast)
    assert (forum.policy, forum.shadow_bans, forum.is_transparent) == ("Be kind.\n<script>", True, True)
    page = Client().get("/f/gazette/").content.decode()
    assert "Be kind." in page
    assert "&lt;script&gt;" in page
    assert "ban in secret" in page


def test_domains_are_added_and_removed_and_the_last_stays(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    ann.post(f"{HOME}domains/", {"add": "", "domain": "https://Blog.Gazette.example/x"})
    assert set(cast.gazette.domains.values_list("host", flat=True)) == {
        "gazette.example",
        "blog.gazette.example",
    }
    refused = ann.post(f"{HOME}domains/", {"add": "", "domain": "no domain"})
    assert "is no domain" in refused.content.decode()
    ann.post(f"{HOME}domains/", {"remove": "gazette.example"})
    answer = ann.post(f"{HOME}domains/", {"remove": "blog.gazette.example"}, follow=True)
    assert "add another first" in answer.content.decode()
    assert list(cast.gazette.domains.values_list("host", flat=True)) == ["blog.gazette.example"]


def test_a_role_is_given_by_user_name(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    ann.post(f"{HOME}people/", {"add": "", "whom": "cy", "kind": "trusted"})
    assert Role.objects.get(forum=cast.gazette, user=cast.cy.user).kind == "trusted"
    assert "mail.example" not in ann.get(f"{HOME}people/").content.decode()


def test_roles_are_taken_away_but_for_the_last_owners(cast: Cast, signed_in: SignedIn) -> None:
    ann, roles = signed_in(cast.ann), Role.objects.filter(forum=cast.gazette)
    assert cast.ann.user is not None
    assert cast.bo.user is not None
    ann.post(f"{HOME}people/", {"remove": str(cast.bo.user.pk)})
    assert list(roles.values_list("kind", flat=True)) == ["owner"]
    for said in (
        {"remove": str(cast.ann.user.pk)},
        {"add": "", "whom": "ann", "kind": "moderator"},
        {"remove": "nonsense"},
    ):
        ann.post(f"{HOME}people/", said)
        assert list(roles.values_list("kind", flat=True)) == ["owner"]
    ann.post(f"{HOME}people/", {"add": "", "whom": "bo", "kind": "owner"})
    ann.post(f"{HOME}people/", {"remove": str(cast.ann.user.pk)})
    assert list(roles.values_list("user", flat=True)) == [cast.bo.user.pk]
    assert ann.get(HOME).status_code == 404


def secrets_in(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd><code>([^<]+)<", page))


def test_a_key_is_seen_once_counted_and_revoked(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    page = ann.post(f"{HOME}keys/", {"add": "", "title": "Theme\0"}).content.decode()
    key, made = Key.objects.get(forum=cast.gazette), secrets_in(page)
    assert digest_of(made["Access token"]) == key.access_token_digest
    assert made["Secret key"] == key.secret_key
    assert (key.title, key.by) == ("Theme", cast.ann.user)
    change(key, uses=12)
    again = ann.get(f"{HOME}keys/").content.decode()
    assert "used 12 times" in again
    note_uses()
    again = ann.get(f"{HOME}keys/").content.decode()
    assert "requests: 12 today, 12 in seven days, 12 in all" in again
    assert "last used" in again
    assert f"{key.secret_key[:4]}…" in again
    assert "the access token acts as Ann" in again
    assert key.secret_key not in again
    assert made["Access token"] not in again
    ann.post(f"{HOME}keys/", {"remove": str(key.pk)})
    assert not Key.objects.filter(pk=key.pk).exists()


def test_a_new_secret_is_seen_once_and_the_old_one_holds_for_a_day(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    made = secrets_in(ann.post(f"{HOME}keys/", {"add": ""}).content.decode())
    key = Key.objects.get(forum=cast.gazette)
    page = ann.post(f"{HOME}keys/", {"rotate": str(key.pk), "why": "it leaked"}).content.decode()
    assert "Those from before hold for a day more." in page
    renewed, key = secrets_in(page), Key.objects.get(forum=cast.gazette)
    assert renewed["Public key"] == made["Public key"]
    assert key.secrets() == [renewed["Secret key"], made["Secret key"]]
    again = ann.get(f"{HOME}keys/").content.decode()
    assert "the secrets from before hold until" in again
    assert not any(told in again for told in (renewed["Secret key"], renewed["Access token"]))
    assert "Key given a new secret" in ann.get(f"{HOME}history/").content.decode()


def test_a_key_of_another_forum_is_revoked_as_one_that_is_not_there(cast: Cast, signed_in: SignedIn) -> None:
    acts.make_key(forum=cast.tribune, by=Author(user=cast.dee.user, role="owner"))
    key = Key.objects.get(forum=cast.tribune)
    ann = signed_in(cast.ann)
    for button in ("remove", "rotate"):
        foreign = ann.post(f"{HOME}keys/", {button: str(key.pk)}, follow=True)
        absent = ann.post(f"{HOME}keys/", {button: "999999"}, follow=True)
        for answer in (foreign, absent):
            assert "This key is not there any more." in answer.content.decode()
    assert Key.objects.get(pk=key.pk).secret_digest == key.secret_digest


def test_the_role_of_another_forum_stays(cast: Cast, signed_in: SignedIn) -> None:
    assert cast.dee.user is not None
    answer = signed_in(cast.ann).post(f"{HOME}people/", {"remove": str(cast.dee.user.pk)}, follow=True)
    assert "She has no role here any more." in answer.content.decode()
    assert Role.objects.filter(forum=cast.tribune, user=cast.dee.user).exists()


def test_the_rules_are_listed_with_what_is_on(cast: Cast, signed_in: SignedIn) -> None:
    Rule.objects.create(forum=cast.gazette, title="No sawdust", kind=Rule.Kind.WORDS, is_on=True)
    Rule.objects.create(forum=cast.tribune, title="Foreign", kind=Rule.Kind.WORDS)
    page = signed_in(cast.ann).get(f"{HOME}rules/").content.decode()
    assert "No sawdust" in page
    assert "Foreign" not in page


def test_the_acts_themselves_refuse_who_may_not(cast: Cast) -> None:
    forum = cast.gazette
    for by in (cast.bo, cast.cy, cast.dee):
        for act in (
            lambda by=by: acts.change_settings(forum=forum, by=by, title="Mine"),
            lambda by=by: acts.add_domain(forum=forum, by=by, domain="x.example"),
            lambda by=by: acts.remove_domain(forum=forum, by=by, domain="gazette.example"),
            lambda by=by: acts.give_role(forum=forum, by=by, whom="cy", kind="owner"),
            lambda by=by: acts.take_role(forum=forum, by=by, user_id=1),
            lambda by=by: acts.make_key(forum=forum, by=by),
            lambda by=by: acts.rotate_key(forum=forum, by=by, key_id=1),
            lambda by=by: acts.revoke_key(forum=forum, by=by, key_id=1),
        ):
            with pytest.raises(NotAModerator):
                act()


def test_a_section_costs_the_same_for_many_people(cast: Cast, signed_in: SignedIn) -> None:
    """Session, herself, her role, the list: one more for each page that has one, and who is invited."""
    ann = signed_in(cast.ann)
    for number in range(20):
        user = User.objects.create_user(username=f"m{number}")
        Role.objects.create(forum=cast.gazette, user=user, kind=Role.Kind.MODERATOR)
    ann.get(f"{HOME}people/")
    for section in SECTIONS:
        with query_budget(5 if section == "people/" else 4):
            ann.get(HOME + section)


def test_the_settings_speak_the_language_of_the_browser(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in(cast.ann).get(HOME, headers={"Accept-Language": "ar"})
    assert 'dir="rtl"' in answer.content.decode()


def test_the_table_of_abilities_in_the_docs_is_the_codes(cast: Cast, signed_in: SignedIn) -> None:
    page = signed_in(cast.ann).get(f"{HOME}people/").content.decode()
    docs = Path("docs/owners.md").read_text(encoding="utf-8")
    for words, may in ABILITIES.values():
        row = [kind in may for kind in ("owner", "moderator", "trusted")]
        assert f"| {words} | {' | '.join('yes' if yes else '' for yes in row)} |".replace("|  ", "| ") in docs
        assert f'<th scope="row">{words}</th>' in page
