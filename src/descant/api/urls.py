"""The addresses of the programs' side: one for each endpoint that is declared, and what describes them."""

from django.urls import path

from descant.api.declaring import ENDPOINTS
from descant.api.reading import categories, changes, forums, imports, posts, threads, users
from descant.api.reference.openapi import openapi_json
from descant.api.reference.page import reference_page
from descant.api.serving import served
from descant.api.writing import posts as writing_posts

DECLARED_IN = (categories, changes, forums, imports, posts, threads, users, writing_posts)

urlpatterns = [
    *(path(endpoint.path, served(endpoint)) for endpoint in ENDPOINTS.values()),
    path("api/openapi.json", openapi_json),
    path("api/", reference_page),
]
