"""The application, two pages to comment on, and leave for programs to post, by the signal that is meant for it."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.contrib.flatpages.models import FlatPage  # noqa: E402
from django_comments_xtd.signals import should_request_be_authorized  # noqa: E402


def let_post(sender: object, **told: object) -> bool:
    """Whoever posts: only the benchmark knows the port."""
    return True


should_request_be_authorized.connect(let_post)
for number in (1, 2):
    FlatPage.objects.get_or_create(pk=number, defaults={"url": f"/{number}/", "title": f"Article {number}"})
