"""Pages of accounts without what makes them slow, and Ann, who has an account with a password."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache

from descant.accounts.models import User

PASSWORD = "a long password of Ann"


@pytest.fixture
def pages_of_accounts(settings: Any, db: None) -> None:
    """Passwords are hashed quickly, mails stay here, files keep their names, and nobody has tried too often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()


@pytest.fixture
def ann(db: None) -> User:
    user = User.objects.create_user(username="ann", email="ann@mail.example", name="Ann", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user
