"""The addresses of the programs' side: one for each endpoint that is declared."""

from django.urls import path

from descant.api.declaring import ENDPOINTS
from descant.api.reading import threads as reading_threads
from descant.api.serving import served
from descant.api.writing import posts as writing_posts

DECLARED_IN = (reading_threads, writing_posts)

urlpatterns = [path(endpoint.path, served(endpoint)) for endpoint in ENDPOINTS.values()]
