"""The addresses of the programs' side: one for each endpoint that is declared, and what describes them."""

from django.urls import path

from descant.api.declaring import ENDPOINTS
from descant.api.reading import (
    applications,
    categories,
    changes,
    exports,
    forums,
    imports,
    posts,
    threads,
    users,
    webhooks,
)
from descant.api.reference.openapi import openapi_json
from descant.api.reference.page import reference_page
from descant.api.serving.endpoints import served
from descant.api.serving.jsonp import jsonp
from descant.api.writing import categories as writing_categories
from descant.api.writing import deciding, lists
from descant.api.writing import exports as writing_exports
from descant.api.writing import forums as writing_forums
from descant.api.writing import imports as writing_imports
from descant.api.writing import posts as writing_posts
from descant.api.writing import threads as writing_threads
from descant.api.writing import webhooks as writing_webhooks

DECLARED_IN = (
    *(applications, categories, changes, exports, forums, imports, posts, threads, users, webhooks),
    *(
        writing_categories,
        deciding,
        writing_exports,
        writing_forums,
        writing_imports,
        lists,
        writing_posts,
        writing_threads,
        writing_webhooks,
    ),
)

urlpatterns = [
    *(path(endpoint.path, served(endpoint)) for endpoint in ENDPOINTS.values()),
    path("api/3.0/<path:name>.jsonp", jsonp),
    path("api/openapi.json", openapi_json),
    path("api/", reference_page),
]
