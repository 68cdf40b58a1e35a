"""The addresses of the operators' side."""

from django.urls import path

from descant.operate.pages import overview

urlpatterns = [
    path("operate/", overview.overview, name="operate"),
]
