"""How each endpoint of the API is asked by those who walk all routes: as its example says, with other names in it."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from descant.accounts.models import Remote, User
from descant.accounts.preferring import show_profile
from descant.api import urls
from descant.api.arguments import ONLY_THREADS
from descant.api.declaring import ENDPOINTS, Endpoint, Standing
from descant.api.reference.schemas import shapes_in

assert urls.DECLARED_IN, "all endpoints are declared by now"

# What stands for ids in examples, by the names of the walk.
IN_EXAMPLES = {
    "thread": "{thread_id}",
    "comment": "{comment}",
    "reply": "{comment}",
    "user": "{owner}",
    "category": "{comment}",
    "import": "{comment}",
    "export": "{comment}",
    "moderator": "{comment}",
    "subscription": "{far_target}",
}
KEY_NAMES = {"api_key": "{key}", "api_secret": "{secret}", "access_token": "{token}"}
ROUTES = {endpoint.path: endpoint for endpoint in ENDPOINTS.values()}


def asked_by(endpoint: Endpoint, key: str, names: Mapping[str, str] = IN_EXAMPLES) -> dict[str, Any]:
    """The arguments of its example, with this kind of key."""
    return {key: KEY_NAMES[key], **{name: filled(value, names) for name, value in endpoint.example.items()}}


def dearly_asked(endpoint: Endpoint, site: Any, key: str = "") -> dict[str, Any]:
    """The arguments of its example for a site of the budgets' tests, with all that can be had beside.

    Who shows a token is known by it, and is told how the site knows those of its people who have written.
    """
    cy, gazette = site.cast.cy.user, site.cast.gazette
    show_profile(user=cy, name="cyril", scope="everywhere", forum_ids=[])
    bo = site.cast.bo.user
    User.objects.filter(pk=bo.pk).update(organisation=gazette.pk)
    Remote.objects.create(user=bo, organisation=gazette.pk, identifier="7", told_at=timezone.now())
    job = gazette.import_jobs.create(format="disqus", file_name="all.xml.gz", file_size=1, file_digest="")
    export = gazette.exports.create(format="native", file="x", state="finished")
    ids = {
        "thread": site.comment.thread_id,
        "comment": site.comment.pk,
        "reply": site.answer.pk,
        "user": cy.pk,
        "category": gazette.pk,
        "import": job.pk,
        "export": export.pk,
        "moderator": 0,
    }
    key = key or ("access_token" if tells_comments(endpoint) else endpoint.keys[0])
    said = {key: site.keys[key], **{name: filled(value, ids) for name, value in endpoint.example.items()}}
    if ONLY_THREADS in endpoint.takes:
        said["thread"] = "ident:bread"
    related = [each.schema["items"]["enum"] for each in endpoint.takes if each.name == "related"]
    return {**said, "related": related[0]} if related else said


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A value of an example with these ids."""
    return value.format(**names) if isinstance(value, str) else [filled(each, names) for each in value]


def script_path(endpoint: Endpoint) -> str:
    """Where its answer is a script (JSONP)."""
    return endpoint.path.removesuffix(".json") + ".jsonp"


def tells_comments(endpoint: Endpoint) -> bool:
    return any(shape.__name__ == "Post" for shape in shapes_in(endpoint.gives))


SCRIPTS = "api/3.0/<path:name>.jsonp"
READING = [each for each in ENDPOINTS.values() if each.method == "GET" and each.who == Standing.GUEST]
# Comments are in these, whoever wrote them; of people only what those with accounts wrote is told.
TELL_COMMENTS = [each for each in READING if tells_comments(each) and not each.name.startswith("users/")]
