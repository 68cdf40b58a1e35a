"""The operators' pages are there for operators, and for nobody else."""

import pytest
from django.test import Client

from descant.accounts.models import User

pytestmark = pytest.mark.django_db(databases="__all__")
PAGES = (
    "/operate/",
    "/operate/events/",
    "/operate/errors/",
    "/operate/switches/",
    "/operate/switches/votes/",
    "/operate/performance/",
)


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("opal", is_staff=True))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_an_operator_sees_each_page(page: str, operator: Client) -> None:
    answer = operator.get(page)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("page", PAGES)
def test_for_anybody_else_there_is_no_such_page(page: str) -> None:
    guest, reader = Client(), Client()
    reader.force_login(User.objects.create_user("rea"))
    assert guest.get(page).headers["Location"].startswith("/accounts/login/")
    assert reader.get(page).status_code == 404
