"""The addresses of a site."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from descant.site.demo import demo_index


def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve; asks no database, so that a dead one does not empty the pool."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


urlpatterns = [
    path("", demo_index),
    path("healthz", healthz),
    path("", include("descant.embed.urls")),  # before the API: patterns are tried one by one
    path("", include("descant.api.urls")),
    path("", include("descant.moderate.urls")),
    path("", include("descant.community.urls")),
    path("", include("descant.operate.urls")),
    path("accounts/", include("allauth.urls")),
]
