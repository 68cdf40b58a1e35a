"""How accounts are called is read without their rows, which lie scattered over the disk."""

import pytest
from django.db import connection

from descant.accounts.models import User
from django_headroom.transactions import writing
from tests.descant.conftest import ALL_DATABASES, Cast


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_the_names_of_authors_are_read_from_an_index_alone(cast: Cast) -> None:
    wanted = [each.user.pk for each in (cast.ann, cast.bo, cast.cy) if each.user]
    names = User.objects.filter(pk__in=wanted).values_list("pk", "username", "name")
    assert {name for _, _, name in names} == {"Ann", "Bo", "Cy"}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM accounts_user")  # as it does by itself once rows stay as they are
        with writing("default"), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # which is as good, of so few rows
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            assert "Index Only Scan using accounts_user_called" in names.explain()
    else:
        assert "USING INTEGER PRIMARY KEY" in names.explain()
