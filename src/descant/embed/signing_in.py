"""Signing in from a frame, which has no cookie: our pop-up, which has one, names the forum and hands the account over.

A page of another site may open the pop-up as well, with a challenge of its own, and hope for a click. So a challenge
counts only in the browser in which one of our own documents opened the pop-up with it.
"""

from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from descant.accounts import handing_over, tokens
from descant.accounts.handing_over import GrantedAlready
from descant.accounts.models import User
from descant.accounts.network import own_origins
from descant.discussion.authors import Author, role_of
from descant.embed.calling import Asking, Body, answer, call, person_of, text_in
from descant.embed.refusing import BadCall
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Forum
from descant.forums.signing_on.people import signed_on

ASKED = "asked_to_sign_in"
ASKED_MOST = 5
DOMAINS_SHOWN = 4


@require_http_methods(["GET", "POST"])
@csrf_protect
def sign_in(request: HttpRequest) -> HttpResponse:
    """The pop-up: asks who is signed in whether the forum may know her."""
    response = _popped_up(request)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Frame-Options"] = "DENY"
    return response


@call
def guest(asking: Asking, body: Body) -> Body:
    """A guest's identity; who has one already keeps it, with a fresh token."""
    known = Author(guest=asking.author.guest or tokens.new_guest())
    return {
        "token": tokens.issue_token(forum_id=asking.forum.pk, guest=known.guest),
        "person": person_of(known),
    }


@call
def collect(asking: Asking, body: Body) -> Body | HttpResponse:
    """The token that the pop-up granted; 202 as long as it has not."""
    secret = text_in(body, "secret")
    if not handing_over.is_challenge(secret):
        raise BadCall(_("The secret must be 64 hexadecimal digits."))
    user = handing_over.collect(forum_id=asking.forum.pk, secret=secret)
    if user is None:
        return answer({}, status=202)
    known = Author(user=user, role=role_of(user, asking.forum))
    return {"token": tokens.issue_token(forum_id=asking.forum.pk, user=user), "person": person_of(known)}


@call
def sign_on(asking: Asking, body: Body) -> Body:
    """The token of whom the site around the frame says is reading; none if it says that nobody is."""
    written, public_key = text_in(body, "message"), text_in(body, "key")
    user, message = signed_on(forum=asking.forum, written=written, public_key=public_key)
    if user is None:
        return {"token": None, "person": None}
    token = tokens.issue_token(forum_id=asking.forum.pk, user=user, key_id=message.key.pk)
    return {"token": token, "person": person_of(Author(user=user, role=role_of(user, asking.forum)))}


@call
def sign_out(asking: Asking, body: Body) -> Body:
    """The frame forgets its token; nothing is kept here that could end. All at once end on our own page."""
    return {}


def _popped_up(request: HttpRequest) -> HttpResponse:
    challenge = request.GET.get("challenge", "")
    try:
        forum = forum_named(request.GET.get("f", "").replace("\0", "")[:60])
    except UnknownForum:
        return _stopped(request, _("There is no forum of this name. Close this window."), 404)
    if not handing_over.is_challenge(challenge) or not _was_asked(request, forum, challenge):
        return _stopped(
            request, _("Signing in begins at the comments. Close this window and begin there again."), 403
        )
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    if request.method == "GET":
        return _question(request, forum)
    return _granted(request, request.user, forum, challenge)


def _was_asked(request: HttpRequest, forum: Forum, challenge: str) -> bool:
    """Whether one of our documents began with this challenge in this browser, for this forum; the session knows."""
    asked = dict(request.session.get(ASKED, {}))
    if challenge in asked:
        return bool(asked[challenge] == forum.name)
    if request.method != "GET" or not _comes_from_us(request):
        return False
    latest = [*asked.items(), (challenge, forum.name)][-ASKED_MOST:]
    request.session[ASKED] = dict(latest)
    return True


def _comes_from_us(request: HttpRequest) -> bool:
    """What the browser says of the document that opened us. One that says nothing is old, or asks by plain HTTP.

    Only a frame is a beginning, or this page, which has no link to itself but by another account: to our other pages
    anybody can send somebody, with this address as where to go next.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    try:
        referrer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return False
    if not referrer.netloc:
        return site in ("", "same-origin")
    if f"{referrer.scheme}://{referrer.netloc}" not in own_origins(request):
        return False
    return site != "cross-site" and referrer.path in (reverse("embed_comments"), reverse("embed_sign_in"))


def _question(request: HttpRequest, forum: Forum) -> HttpResponse:
    hosts = sorted(domain.host for domain in forum.domains.all())
    return render(
        request,
        "accounts/continue.html",
        {"forum": forum, "hosts": hosts[:DOMAINS_SHOWN], "more_hosts": len(hosts[DOMAINS_SHOWN:])},
    )


def _granted(request: HttpRequest, user: User, forum: Forum, challenge: str) -> HttpResponse:
    try:
        handing_over.grant(user=user, forum_id=forum.pk, challenge=challenge)
    except GrantedAlready:
        return _stopped(request, _("This window was used before. Close it and begin signing in again."), 409)
    return render(request, "accounts/signed_in.html", {"forum": forum})


def _stopped(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "accounts/stopped.html", {"sentence": sentence}, status=status)
