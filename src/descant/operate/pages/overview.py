"""The overview: where the operators' pages begin."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from descant.operate.pages.asking import draw, for_operators


@require_safe
@for_operators
def overview(request: HttpRequest) -> HttpResponse:
    """What there is to see, each with its link."""
    return draw(request, "overview.html", {})
