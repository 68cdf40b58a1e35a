"""The pages of errors show what went wrong, hide what is nobody's business, and take what operators decide."""

import html
import json
import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from descant.accounts.models import User
from descant.operate.alarms import forget_errors, tell_of_errors
from django_headroom.operations.errors import counting
from django_headroom.operations.errors.capturing import capture, flush
from django_headroom.operations.errors.models import Group, Hour, Occurrence, State, Touched
from django_headroom.operations.errors.storing import take_in
from django_headroom.operations.errors.travelling.batches import Batch, Sum

pytestmark = pytest.mark.django_db(databases="__all__")
PAGE = "/operate/errors/"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("opal", is_staff=True))
    return client


@pytest.fixture
def group() -> Group:
    counting._begin_anew()
    price, loaf, password = {"rye": 3}, "<b>wheat</b>", "hunter2"  # noqa: F841
    for _ in range(3):
        try:
            price[loaf]
        except KeyError as error:
            capture(error, job={"name": "print prices"})
    flush()
    return Group.objects.get()


def test_a_kind_is_listed_with_its_counts_and_a_picture(group: Group, operator: Client) -> None:
    page = operator.get(PAGE).content.decode()
    assert f'<a href="/operate/errors/{group.pk}/"><bdi>KeyError</bdi></a>' in page
    assert "<svg" in page
    assert "3 in the last 24 hours" in page
    assert "&lt;b&gt;wheat" in page


def test_one_kind_shows_frames_with_source_and_variables(group: Group, operator: Client) -> None:
    page = operator.get(f"{PAGE}{group.pk}/").content.decode()
    assert "price[loaf]" in page
    assert "&lt;b&gt;wheat&lt;/b&gt;" in page
    assert "<b>wheat" not in page
    assert "[hidden]" in page
    assert "print prices" in page


def test_a_kind_that_is_none_has_no_page(operator: Client) -> None:
    assert operator.get(f"{PAGE}999/").status_code == 404


def test_the_queries_of_the_list_do_not_grow_with_it(operator: Client) -> None:
    for number in range(30):
        counted = Sum("KeyError", "shop.sell", "", first_at=1.8e9)
        counted.note(1.8e9, "ann", "gazette")
        take_in(Batch({f"1:{number}": counted}, []))
    assert operator.get(PAGE).status_code == 200  # within its budget


@pytest.mark.parametrize(
    ("act", "state"),
    [
        ("seen", State.SEEN),
        ("resolve", State.RESOLVED),
        ("resolve_next", State.RESOLVED),
        ("week", State.IGNORED),
        ("hundred", State.IGNORED),
    ],
)
def test_an_operator_decides_and_takes_it_back(
    group: Group, operator: Client, act: str, state: State
) -> None:
    answer = operator.post(f"{PAGE}{group.pk}/do/", {"act": act}, follow=True)
    assert answer.status_code == 200
    group.refresh_from_db()
    assert group.state == state
    if state != State.SEEN:
        assert group.message not in operator.get(PAGE).content.decode()
        assert "KeyError" in operator.get(f"{PAGE}?state={state}").content.decode()
        operator.post(f"{PAGE}{group.pk}/do/", {"act": "reopen"})
        group.refresh_from_db()
        assert group.state == State.SEEN


def another(name: str = "ValueError") -> Group:
    counted = Sum(name, "shop.weigh", "", first_at=1.8e9)
    counted.note(1.8e9, "", "")
    take_in(Batch({f"1:{name}": counted}, []))
    return Group.objects.get(title=name)


def test_kinds_are_merged_and_split_on_their_page(group: Group, operator: Client) -> None:
    other = another()
    answer = operator.post(f"{PAGE}{other.pk}/gather/", {"into": f"#{group.pk}"}, follow=True)
    assert answer.redirect_chain == [(f"{PAGE}{group.pk}/", 302)]
    assert Group.objects.get().count == 4
    (split,) = re.findall(r'name="split" value="(\d+)"', answer.content.decode())
    answer = operator.post(f"{PAGE}{group.pk}/gather/", {"split": split}, follow=True)
    assert 'name="split"' not in answer.content.decode()
    assert another().pk != group.pk


@pytest.mark.parametrize("into", ["", "999", "no", "9" * 40])
def test_a_kind_is_merged_into_none_that_is_not_there(group: Group, operator: Client, into: str) -> None:
    answer = operator.post(f"{PAGE}{group.pk}/gather/", {"into": into}, follow=True)
    assert "There is no other kind of this number" in answer.content.decode()
    assert Group.objects.get() == group


def test_an_issue_is_opened_with_its_title_and_a_link_back(group: Group, operator: Client) -> None:
    assert "Open an issue" not in operator.get(f"{PAGE}{group.pk}/").content.decode()
    tracker = "https://tracker.example/new?title={title}&body={link}"
    with override_settings(DESCANT_ERRORS_TRACKER=tracker, DESCANT_URL="https://comments.example"):
        page = html.unescape(operator.get(f"{PAGE}{group.pk}/").content.decode())
    title, link = f"KeyError in {group.culprit}", f"https://comments.example{PAGE}{group.pk}/"
    assert f"https://tracker.example/new?title={quote(title)}&body={quote(link, safe='')}" in page


def test_nobody_else_sees_or_decides(group: Group) -> None:
    reader = Client()
    reader.force_login(User.objects.create_user("rea"))
    assert reader.get(f"{PAGE}{group.pk}/").status_code == 404
    assert reader.post(f"{PAGE}{group.pk}/do/", {"act": "resolve"}).status_code == 404
    assert reader.post(f"{PAGE}{another().pk}/gather/", {"into": str(group.pk)}).status_code == 404
    assert Group.objects.count() == 2
    group.refresh_from_db()
    assert group.state == State.NEW


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"exception": 3, "breadcrumbs": [], "request": "no", "contexts": None, "tags": 7},
        {
            "exception": {
                "values": [None, {"stacktrace": {"frames": [None, {"pre_context": 3, "vars": [1]}]}}]
            }
        },
        {"exception": {"values": [{"stacktrace": {"frames": [{"lineno": "x", "context_line": None}]}}]}},
        {"breadcrumbs": {"values": [{"timestamp": "then", "data": 3}, {"timestamp": 1e300}]}},
    ],
)
def test_what_another_program_sent_is_shown_whatever_its_shape(
    group: Group, operator: Client, body: dict[str, Any]
) -> None:
    Occurrence.objects.create(group=group, event="e" * 32, body=body)
    assert operator.get(f"{PAGE}{group.pk}/").status_code == 200


def test_a_letter_tells_operators_once_of_all_that_is_new(group: Group) -> None:
    tell_of_errors()
    assert mail.outbox == []
    with override_settings(DESCANT_ERRORS_MAIL=["opal@comments.example"]):
        tell_of_errors()
        tell_of_errors()
    (letter,) = mail.outbox
    assert letter.subject == "Errors: 1 new"
    assert f"/operate/errors/{group.pk}/" in letter.body


def test_a_letter_tells_of_what_comes_ten_times_as_often(group: Group) -> None:
    hour = int(time.time() // 3_600)
    Group.objects.filter(pk=group.pk).update(is_told=True, first_at=timezone.now() - timedelta(days=2))
    Hour.objects.create(group=group, hour=hour - 3, count=24)
    Hour.objects.update_or_create(group=group, hour=hour, defaults={"count": 100})
    # Should the hour have just ended, the next is as full.
    Hour.objects.update_or_create(group=group, hour=hour + 1, defaults={"count": 2_000})
    with override_settings(DESCANT_ERRORS_MAIL=["opal@comments.example"]):
        tell_of_errors()
    assert mail.outbox[0].subject == "Errors: 1 ten times as often"
    assert "Ten times as often as the day before: KeyError" in mail.outbox[0].body


def test_a_letter_that_could_not_be_sent_is_not_forgotten(group: Group) -> None:
    nowhere = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1"}
    told = override_settings(DESCANT_ERRORS_MAIL=["opal@comments.example"], **nowhere, EMAIL_PORT=1)
    with told, pytest.raises(OSError, match="refused"):
        tell_of_errors()
    group.refresh_from_db()
    assert not group.is_told


def test_forgetting_leaves_what_is_fresh(group: Group) -> None:
    forget_errors()
    assert Group.objects.count() == 1


def test_an_error_of_a_page_tells_its_forum_by_a_key() -> None:
    counting._begin_anew()
    with pytest.raises(ZeroDivisionError) as caught:
        raise ZeroDivisionError("ann@gazette.example")
    request = Client().get("/gazette/embed.js").wsgi_request
    capture(caught.value, request=request)
    flush()
    assert set(Touched.objects.values_list("kind", flat=True)) == {"person", "tenant"}
    assert "gazette" not in json.dumps(list(Touched.objects.values_list("key", flat=True)))
    assert Group.objects.get().message == "[hidden]"
