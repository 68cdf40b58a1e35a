"""Takes the pictures that the docs show: `python -m tests.browser.pictures docs/pictures`.

With `operate` behind it only those of the operators' pages.
"""

import re
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.stage import operating
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site, running_site

WIDE, NARROW = {"width": 1100, "height": 1200}, {"width": 390, "height": 1200}
DESK, TELEPHONE = {"width": 1180, "height": 720}, {"width": 390, "height": 844}
SHARP = 1  # device pixels for one of CSS: the pictures stay small
ARTICLE = "harbours"
HELD = (
    "The ice house at the harbour closed in March, and nobody wrote about it.",
    "My grandmother weighed her flour by hand. Eighteen hours in the cold, never fewer.",
    "Is the night train to the coast running again in April?",
    "Are there any cheap watches here? My father had one.",
)
# What rules write: a flood of comments alike, and why the last comment is held.
FOUND = """
from descant.discussion.models import Comment
from descant.forums.directory import forum_named
rows = Comment.objects.of(forum_named("tribune")).order_by("created_at", "id")
flood = list(rows.filter(text__startswith="Buy watches").values_list("pk", flat=True))
rows.filter(pk__in=flood).update(flood=flood[0])
last = rows.last()
at = last.text.index("watches")
rule = {"rule": 3, "version": 2, "kind": "words", "title": "Watches", "effect": "hold", "found": "watches"}
rows.filter(pk=last.pk).update(reasons=["premoderation_everybody", rule | {"span": [at, at + 7]}])
"""
# A month of talk on the gazette, more towards its end.
MONTH = """
from datetime import timedelta
from random import Random
from django.utils import timezone
from descant.discussion.models import Comment
from descant.forums.directory import forum_named
from descant.operate.seeding import seed_forum
forum, dice = forum_named("gazette"), Random(4)
seed_forum(forum=forum, threads=5, comments=800, quiet=True)
for comment in Comment.objects.of(forum).filter(thread__title__startswith="Seeded"):
    at = timezone.now() - timedelta(days=29 * dice.random() ** 1.5)
    Comment.objects.of(forum).filter(pk=comment.pk).update(created_at=at)
"""
# An export of each kind that an owner sees.
EXPORTS = """
import secrets
from datetime import timedelta
from django.utils import timezone
from descant.accounts.models import User
from descant.discussion.deciding.carrying import TOLD, exports_folder
from descant.forums.directory import forum_named
now, ann = timezone.now(), User.objects.get(username="ann")
for days, format, state, more in (
    (8, "disqus", "dropped", {}),
    (2, "native", "finished", {"personal": True, "size": 8_412_345, "file_name": "gazette.native.jsonl.gz"}),
    (0, "sqlite", "running", {}),
):
    at = now - timedelta(days=days)
    row = {"format": format, "state": state, "file": secrets.token_urlsafe(32), "by": ann, "asked_at": at, **more}
    export = forum_named("gazette").exports.create(finished_at=at if days else None, **row)
(exports_folder() / f"{export.file}{TOLD}").write_text("61000 84000")
"""


def main(folder: Path, only: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        running_site(Path(home) / "data", "pictures", **operating.TOLD) as site,
        chromium() as browser,
    ):
        if not only:
            read_and_moderate(browser, site, folder)
        operating.fill(site)
        operating.picture(browser, site, folder / "operate")


def read_and_moderate(browser: Browser, site: Site, folder: Path) -> None:
    talk(site)
    for scheme in ("light", "dark"):
        for name, viewport in (("wide", WIDE), ("narrow", NARROW)):
            with reading(browser, site, color_scheme=scheme, viewport=viewport) as reader:
                take(reader, folder / f"frame-{scheme}-{name}.png", "The gulls always move.")
    with reading(browser, site, viewport=WIDE) as reader:
        compose(reader)
        take(reader, folder / "composer.png", "My father rang a bell")
    with reading(browser, site, viewport=WIDE) as reader:
        moderate(reader)
        take(reader, folder / "moderator.png", "The gulls always move.")
    with reading(browser, site, viewport=WIDE) as reader:
        sign_in(reader, site, folder / "sign-in.png")
    with reading(browser, site, viewport=WIDE) as reader:
        own(reader, site, folder)
    wait_for_ann(site)
    site.command("manage", "shell", "-c", MONTH)
    queue(browser, site, folder / "queue-light-wide.png", color_scheme="light", viewport=DESK)
    queue(browser, site, folder / "queue-dark-narrow.png", color_scheme="dark", viewport=TELEPHONE)
    for scheme, name, viewport in (("light", "wide", DESK), ("dark", "narrow", TELEPHONE)):
        rule(browser, site, folder / f"rule-{scheme}-{name}.png", color_scheme=scheme, viewport=viewport)
    have_files_made(site)
    for scheme, name, viewport in (("light", "wide", DESK), ("dark", "narrow", TELEPHONE)):
        path = folder / f"exports-{scheme}-{name}.png"
        take_along(browser, site, path, color_scheme=scheme, viewport=viewport)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def reading(browser: Browser, site: Site, **like: Any) -> Iterator[Reader]:
    """Somebody reads the demo's article about harbours."""
    context = browser.new_context(device_scale_factor=SHARP, **like)
    reader = Reader(context, context.new_page())
    reader.watch()
    reader.page.goto(f"{site.demo}/{ARTICLE}")
    reader.page.locator(".talk").scroll_into_view_if_needed()
    reader.awake()
    yield reader
    context.close()


def talk(site: Site) -> None:
    """The demo's own talk, and two more voices in it."""
    thread = {"identifier": "", "url": f"{site.demo}/{ARTICLE}", "title": ""}
    with urllib.request.urlopen(f"{site.url}/embed/comments/?f=gazette&t_u={thread['url']}") as answer:
        page = answer.read().decode()
    bell = re.search(r'data-id="(\d+)"(?:(?!data-id).)*by the fish hall', page, re.DOTALL)
    assert bell
    site.say(
        thread, "They ring it once a year, at the end of February. Bring a scarf.", to=bell[1], name="Signe"
    )
    answer_to_all = "Terje still sells ice. He says [the view](https://harbour.example) is for visitors."
    site.say(thread, answer_to_all, name="Odd Lysvik")


def compose(reader: Reader) -> None:
    reader.frame.get_by_role("button", name="Write a comment").click()
    text = "> Everything here was built to wait\n\nMy boat was **not**, and I love her for it."
    reader.frame.get_by_role("textbox", name="Your comment").fill(text)
    reader.frame.get_by_role("textbox", name="Name", exact=True).fill("Odile")


def sign_in(reader: Reader, site: Site, path: Path) -> None:
    """The pop-up of a forum that stands on two real sites, at the moment when it asks."""
    sites = ("--domain", "gazette.example", "--domain", "blog.gazette.example")
    site.command("forum", "open", "evening-gazette", *sites)
    page = reader.page
    page.goto(f"{site.url}/embed/comments/?f=evening-gazette&t_i=harbours", wait_until="networkidle")
    page.get_by_role("button", name="Write a comment").click()
    with reader.context.expect_page() as opened:
        page.get_by_role("button", name="Sign in").click()
    popup = opened.value
    reader.log_in(popup, "cy")
    popup.get_by_role("button", name="Continue as").wait_for()
    popup.set_viewport_size({"width": 480, "height": 510})
    popup.screenshot(path=path)


def own(reader: Reader, site: Site, folder: Path) -> None:
    """The page of a forum, and what its owner sets."""
    page = reader.page
    page.goto(f"{site.url}/accounts/login/")
    reader.log_in(page, "ann")
    page.wait_for_url(f"{site.url}/")
    for path, name in (("", "forum"), ("settings/", "settings")):
        page.goto(f"{site.url}/f/gazette/{path}")
        page.screenshot(path=folder / f"{name}.png", clip={"x": 0, "y": 0, "width": 1100, "height": 900})


def moderate(reader: Reader) -> None:
    reader.frame.get_by_role("button", name="Write a comment").click()
    reader.sign_in("ann")
    reader.frame.get_by_role("button", name="Cancel").click()
    reader.more(reader.line("They ring it once a year"), "Hide")
    reader.line("Was that the one").get_by_role("button", name="More actions").click()


def wait_for_ann(site: Site) -> None:
    """Held comments in tribune, seven of them alike."""
    thread = {
        "identifier": "harbours",
        "url": "http://127.0.0.1/harbours",
        "title": "What the harbours were for",
    }
    texts = [*(f"Buy watches, {number} left." for number in range(7)), *HELD]
    for text, name in zip(texts, ("Seller",) * 7 + ("Odd", "Ilse", "Cato", "Signe"), strict=True):
        site.call("post", {"forum": "tribune", "thread": thread, "name": name, "key": text, "text": text})
    site.command("manage", "shell", "-c", FOUND)


def queue(browser: Browser, site: Site, path: Path, **like: Any) -> None:
    context = browser.new_context(device_scale_factor=SHARP, **like)
    reader = Reader(context, context.new_page())
    reader.page.goto(f"{site.url}/moderate/?forum=tribune")
    reader.log_in(reader.page, "ann")
    reader.page.locator(".near").wait_for()
    reader.page.screenshot(path=path, animations="disabled")
    context.close()


def rule(browser: Browser, site: Site, path: Path, **like: Any) -> None:
    """A rule on words, tried on a month of talk."""
    context = browser.new_context(device_scale_factor=SHARP, **like)
    page = context.new_page()
    page.goto(f"{site.url}/moderate/rules/new/?whose=gazette&kind=words")
    Reader(context, page).log_in(page, "ann")
    page.get_by_label("Title").fill("Talk of bread")
    page.get_by_label("Words and phrases").fill("flour\nbread*\ngrandmother")
    page.get_by_role("button", name="Try it").click()
    page.locator("#trial").wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled")
    context.close()


def have_files_made(site: Site) -> None:
    """One that is there, one that is on its way, and one whose time is over."""
    site.command("manage", "shell", "-c", EXPORTS)


def take_along(browser: Browser, site: Site, path: Path, **like: Any) -> None:
    """The owner's page of files."""
    context = browser.new_context(device_scale_factor=SHARP, **like)
    page = context.new_page()
    page.goto(f"{site.url}/f/gazette/settings/exports/")
    Reader(context, page).log_in(page, "ann")
    page.locator("progress").wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled", full_page=True)
    context.close()


def take(reader: Reader, path: Path, last: str) -> None:
    """The frame in its place under the article, down to the comment that says `last`."""
    page = reader.page
    page.mouse.move(0, 0)
    page.locator(".talk").evaluate("place => scrollTo(0, place.getBoundingClientRect().top + scrollY - 100)")
    reader.frame.locator("html").evaluate("() => document.activeElement.blur()")
    end = reader.line(last).bounding_box()
    size = page.viewport_size
    assert end
    assert size
    clip = {"x": 0, "y": 0, "width": size["width"], "height": int(end["y"] + end["height"]) + 8}
    page.screenshot(path=path, clip=clip, animations="disabled")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"), *sys.argv[2:])
