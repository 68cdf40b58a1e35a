"""No row of the product that is there already can be saved whole; accounts are their library's to save."""

import pytest
from django.apps import apps
from django.db import models

from descant.accounts.models import Remembered, User
from django_headroom.testing import query_budget
from django_headroom.updates import BareSave
from tests.descant.conftest import ALL_DATABASES

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)

SAVED_BY_LIBRARIES = {User, Remembered}
MODELS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("descant.") and model not in SAVED_BY_LIBRARIES
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_bare_save_of_a_row_that_is_there_is_refused(model: type[models.Model]) -> None:
    row = model(pk=7)
    row._state.adding, row._state.db = False, "default"
    with query_budget(0):
        for save in (row.save, lambda: row.save(force_update=True)):
            with pytest.raises(BareSave, match=r"use change\(row, column=value\)"):
                save()


def test_it_is_all_models_of_the_product() -> None:
    assert {model._meta.app_label for model in MODELS} >= {"forums", "discussion", "followups", "exchange"}
