"""People as the API tells them."""

from descant.accounts.models import Profile
from descant.accounts.models import User as Account
from descant.api.objects.shapes import User


def user_object(user: Account, profile: Profile | None) -> User:
    """Somebody with an account; with her page, if she agreed to be seen."""
    return {
        "id": str(user.pk),
        "username": username(user),
        "name": str(user),
        "profileUrl": f"/by/{profile.name}/" if profile else "",
        "isAnonymous": False,
        "avatar": {"permalink": "", "cache": ""},
    }


def username(user: Account) -> str:
    """How programs may call her; what signs her in is nobody's to know."""
    return f"u{user.pk}"
