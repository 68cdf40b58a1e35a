"""Asking the classifiers that the operator has set up: Akismet, and any that answers JSON over HTTP.

One that fails is left alone for a while, so that the rest of the worker's work does not wait for it.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from descant import egress
from descant.discussion.models import Comment
from descant.forums.models import Forum

AKISMET = "https://rest.akismet.com/1.1/comment-check"
REST_SECONDS = 30.0
SECONDS = 3.0
BYTES_MOST = 64 * 1024

_rests_until: dict[str, float] = {}


class NotJudged(Exception):
    """The classifier has not told; it is to be asked later."""


@dataclass(frozen=True)
class Opinion:
    """What a classifier holds of a comment, and in its words why."""

    is_spam: bool
    why: str = ""


def classify(name: str, *, forum: Forum, comment: Comment, address: str) -> Opinion:
    """Ask a classifier for its opinion; the address is told to Akismet alone, and nobody is told an e-mail address.

    Raises:
        NotJudged
    """
    choices = settings.CLASSIFIERS.get(name)
    if choices is None:
        raise NotJudged(f"No classifier {name!r} is set up any more.")
    if time.monotonic() < _rests_until.get(name, 0.0):
        raise NotJudged(f"{name} did not answer lately, and is left alone for a while.")
    kind = choices.get("kind")
    try:
        if kind == "akismet":
            return _ask_akismet(choices, forum, comment, address)
        if kind == "http":
            return _ask_http(choices, forum, comment)
    except (egress.EgressRefused, egress.EgressFailed) as error:
        _rest(name)
        raise NotJudged(f"{name} gave no opinion: {error}") from error
    except NotJudged:
        _rest(name)
        raise
    raise NotJudged(f"The classifier {name!r} is of no kind that is known: say 'akismet' or 'http'.")


def forget() -> None:
    """Ask all of them again."""
    _rests_until.clear()


def _rest(name: str) -> None:
    _rests_until[name] = time.monotonic() + REST_SECONDS


def _ask_akismet(choices: Mapping[str, str], forum: Forum, comment: Comment, address: str) -> Opinion:
    first = min(forum.domains.all(), key=lambda domain: domain.pk, default=None)
    domain = first.host if first else forum.name
    told = {
        "api_key": choices["key"],
        "blog": choices.get("site") or f"https://{domain.removeprefix('*.')}/",
        "user_ip": address.partition("/")[0],
        "permalink": comment.thread.url,
        "comment_type": "reply" if comment.parent_id else "comment",
        "comment_author": comment.author_name,
        "comment_author_url": comment.author_url,
        "comment_content": comment.text,
        "comment_date_gmt": comment.created_at.isoformat(),
        "blog_lang": forum.language,
        "blog_charset": "UTF-8",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = _ask(choices.get("url") or AKISMET, urlencode(told).encode(), headers)
    said = answer.body.strip()
    if said not in (b"true", b"false"):
        hint = answer.headers.get("x-akismet-debug-help") or said.decode(errors="replace")
        raise NotJudged(f"Akismet answered neither true nor false: {hint[:200]}")
    return Opinion(said == b"true", answer.headers.get("x-akismet-pro-tip", ""))


def _ask_http(choices: Mapping[str, str], forum: Forum, comment: Comment) -> Opinion:
    told = {
        "forum": forum.name,
        "comment": str(comment.pk),
        "parent": str(comment.parent_id) if comment.parent_id else None,
        "page": comment.thread.url,
        "language": forum.language,
        "author": comment.author_name,
        "site": comment.author_url,
        "has_account": comment.author_id is not None,
        "text": comment.text,
        "posted_at": comment.created_at.isoformat(),
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if choices.get("secret"):
        headers["Authorization"] = f"Bearer {choices['secret']}"
    answer = _ask(choices["url"], json.dumps(told).encode(), headers)
    try:
        said = json.loads(answer.body)
    except ValueError as error:
        raise NotJudged("The classifier's answer is no JSON.") from error
    if not isinstance(said, dict) or not isinstance(said.get("spam"), bool):
        raise NotJudged('The classifier\'s answer has no "spam": true or "spam": false.')
    return Opinion(said["spam"], str(said.get("why") or "")[:200])


def _ask(url: str, body: bytes, headers: Mapping[str, str]) -> egress.Answer:
    answer = egress.ask(url, body=body, headers=headers, bounds=egress.Bounds(SECONDS, BYTES_MOST))
    if answer.status != 200:
        raise NotJudged(f"The classifier answered {answer.status}.")
    return answer
