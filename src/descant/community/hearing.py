"""What a person is told: her notices and what she follows, and the pages that letters lead to."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from descant.accounts.models import Preferences, Profile, User
from descant.accounts.preferring import stop_mail
from descant.community.signed_in import for_people, kept_nowhere, not_now
from descant.discussion import text
from descant.discussion.addressing.leading import page_of
from descant.discussion.models import Thread
from descant.followups.following import TooManyFollows, follow_person, unfollow
from descant.followups.hearing import latest, mark_seen
from descant.followups.mail.mailboxes import confirm_mailbox, end_mailbox
from descant.followups.mail.tokens import CONFIRMS_FOR, STOPS_FOR, recipient_in
from descant.followups.models import Follow, Mailbox
from descant.forums.directory import forums_with_ids
from descant.switches import SwitchedOff

FOLLOWS_SHOWN = 200


@for_people
def notices(request: HttpRequest, user: User) -> HttpResponse:
    """What she was told lately, and what she follows; what the page shows counts as seen."""
    if "unfollow" in request.POST:
        unfollow(follower=f"u{user.pk}", what=request.POST["unfollow"].replace("\0", "")[:20])
        messages.success(request, _("Saved."))
        return redirect(request.path)
    lines = latest(user)
    answer = render(request, "community/notices.html", {"lines": lines, "follows": _followed(user)})
    mark_seen(user, lines)
    return answer


@for_people
def follow(request: HttpRequest, user: User) -> HttpResponse:
    """Ask whether she wants to follow a person, and do so."""
    rows = Profile.objects.exclude(scope=Profile.Scope.NOBODY).filter(user__is_active=True)
    name = request.POST.get("name") or request.GET.get("name") or ""
    profile = rows.filter(name=name.replace("\0", "")[:40]).first()
    if profile is None or profile.user_id == user.pk:
        return render(request, "community/absent.html", status=404)
    if request.method == "POST":
        try:
            follow_person(user=user, profile=profile)
            messages.success(request, _("You follow %(name)s.") % {"name": profile.name})
        except TooManyFollows:
            messages.error(request, _("You follow as much as can be: end something first."))
        return redirect("notices")
    return render(request, "community/follow.html", {"profile": profile})


@csrf_exempt  # the mail programs that end a list by one click have no cookie of ours: the link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """End the mail that a letter came by. To open the page ends nothing: mail scanners open every link."""
    recipient = recipient_in(token, STOPS_FOR)
    user = _user(recipient)
    mailbox = _mailbox(recipient)
    if user is None and mailbox is None:
        return kept_nowhere(render(request, "community/absent.html", status=404))
    with override(_language(user, mailbox)):
        if request.method == "POST":
            if user is not None:
                stop_mail(user=user)
            elif mailbox is not None:
                end_mailbox(mailbox)
        shown = {"is_done": request.method == "POST", "is_account": user is not None}
        return kept_nowhere(render(request, "community/stop.html", shown))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A guest says that the address is hers."""
    mailbox = _mailbox(recipient_in(token, CONFIRMS_FOR))
    if mailbox is None:
        return kept_nowhere(render(request, "community/absent.html", status=404))
    with override(_language(None, mailbox)):
        if request.method == "POST":
            try:
                confirm_mailbox(mailbox)
            except SwitchedOff as refused:
                return not_now(request, refused)
        forum = forums_with_ids({mailbox.forum_id}).get(mailbox.forum_id)
        shown = {"is_done": request.method == "POST", "forum": forum}
        return kept_nowhere(render(request, "community/confirm.html", shown))


def _followed(user: User) -> Sequence[dict[str, str]]:
    """What she follows, the last first: threads by their titles, people by their names."""
    rows = list(Follow.objects.filter(follower=f"u{user.pk}").order_by("-made_at", "-id")[:FOLLOWS_SHOWN])
    people = Profile.objects.filter(user_id__in=[int(each.what[1:]) for each in rows if each.what[0] == "u"])
    told = {f"u{each.user_id}": {"title": each.name, "link": ""} for each in people}
    by_forum: dict[int, list[int]] = {}
    for each in rows:
        if each.what[0] == "t" and each.forum_id is not None:
            by_forum.setdefault(each.forum_id, []).append(int(each.what[1:]))
    for forum in forums_with_ids(by_forum).values():
        for thread in Thread.objects.of(forum).filter(pk__in=by_forum[forum.pk]):
            title = text.one_line(thread.title) or text.one_line(thread.url)
            told[f"t{thread.pk}"] = {"title": title, "link": page_of(thread, forum)}
    return [{"what": each.what, **told[each.what]} for each in rows if each.what in told]


def _user(recipient: str) -> User | None:
    return User.objects.filter(pk=int(recipient[1:])).first() if recipient[:1] == "u" else None


def _mailbox(recipient: str) -> Mailbox | None:
    return Mailbox.objects.filter(pk=int(recipient[1:])).first() if recipient[:1] == "m" else None


def _language(user: User | None, mailbox: Mailbox | None) -> str | None:
    if mailbox is not None:
        return mailbox.language or None
    kept = Preferences.objects.filter(user=user).values_list("language", flat=True).first()
    return kept or None
