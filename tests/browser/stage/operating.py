"""The operators' pages with something on them, and their pictures."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import PASSWORD, Site

DESK, TELEPHONE = {"width": 1180, "height": 680}, {"width": 390, "height": 844}
# Only what is told to be kept is on the page of performance, and not what this machine was at.
TOLD = {"DESCANT_RELEASE": "1.4", "DESCANT_PERFORMANCE_SECONDS": "0"}
LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("light-wide", {"color_scheme": "light", "viewport": DESK}),
    ("dark-narrow", {"color_scheme": "dark", "viewport": TELEPHONE}),
)
# A receiver that has failed, and events that wait for the worker's next turn.
EVENTS = """
from datetime import timedelta
from django.utils import timezone
from descant.followups.mail.signals import letter_due
from descant.discussion.signals import comment_posted
from django_headroom.delayed.models import Event
now = timezone.now()
error = '''Traceback (most recent call last):
  File "/srv/descant/src/descant/followups/mail/sending.py", line 55, in send_letter
    compose(letter).send()
  File "/usr/lib/python3.11/smtplib.py", line 902, in sendmail
    raise SMTPSenderRefused(code, resp, from_addr)
smtplib.SMTPSenderRefused: (550, b'5.7.1 not one of ours', 'comments@gazette.example')'''
dead = {"only": "followups.mail", "tries": 36, "error": error}
for number in range(3):
    row = letter_due.event(letter_id=f"0b9f{number}", forum_id=1)
    row.dead_at = now - timedelta(minutes=40 * number)
    vars(row).update(dead)
    row.save(using="default")
later = now + timedelta(days=1)
rows = [comment_posted.event(forum_id=1, comment_id=str(number)) for number in range(240)]
for row in rows:
    row.said_at, row.leased_until = now - timedelta(minutes=2), later
Event.objects.using("p1").bulk_create(rows)
"""
# What is at fault; it stands where no file is, for the pictures to be the same on every machine.
FAULTY = """
from pathlib import Path


def open_export(name):
    return Path("/srv/exports", name).read_bytes()


def share_of(found, asked):
    return found / asked


def weigh(comment, weights):
    return sum(weight_of(word, weights) for word in comment["words"])


def weight_of(word, weights):
    # A word that is often used weighs less.
    often = weights[word]
    return len(word) / often
"""
# Three kinds of errors, one of which began today.
ERRORS = f"""
import linecache, random, time
from types import ModuleType
from django.db import connections
from django_headroom.operations.errors.capturing import capture, flush
from django_headroom.operations.errors.models import Group, Hour, Touched
from django_headroom.operations.errors.storing import store_at
source, path = {FAULTY!r}, "/srv/descant/src/descant/learning.py"
linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
faulty = ModuleType("descant.learning")
exec(compile(source, path, "exec"), vars(faulty))
comment = {{"id": 4711, "words": ["harbour", "ice", "ferry"]}}
for act, times in (
    (lambda: faulty.open_export("gazette-2026-11.xml.gz"), 7),
    (lambda: faulty.share_of(12, 0), 40),
    (lambda: faulty.weigh(comment, {{"harbour": 3, "ice": 1, "ferry": 0}}), 312),
):
    for number in range(times):
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT name, revision FROM forums_forum WHERE name = %s", ["gazette"])
            act()
        except Exception as error:
            capture(error, job={{"name": "learn from moderators", "tries": 1}})
flush()
dice, hour, store = random.Random(7), int(time.time() // 3600), store_at()
for place, group in enumerate(Group.objects.using(store).order_by("title", "count")):
    group.releases, most, since, people = (
        (["1.3", "1.4"], 3, 160, 2), (["1.3", "1.4"], 12, 160, 31), (["1.4"], 90, 9, 204)
    )[place]
    for back in range(1, since):
        if count := int(dice.random() ** 3 * most * (1 + (back % 24 < 12))):
            Hour.objects.using(store).create(group=group, hour=hour - back, count=count)
            group.count += count
    group.save(using=store)
    for kind, touched in (("person", people), ("tenant", 1 + people // 40)):
        rows = [Touched(group=group, kind=kind, key=f"{{number:016x}}") for number in range(touched)]
        Touched.objects.using(store).bulk_create(rows)
Group.objects.using(store).filter(title="FileNotFoundError").update(state="seen")
"""
# An hour of an evening, in which a release has begun.
COSTS = """
import math, random
from datetime import timedelta
from django.db import router
from django.utils import timezone
from django_headroom.operations.performance.histograms import COLUMNS, bucket
from django_headroom.operations.performance.keeping import gauge
from django_headroom.operations.performance.models import Cost, SlowCost, Statement
dice, now = random.Random(4), timezone.now().replace(second=0, microsecond=0)
store = router.db_for_write(Cost)
routes = {
    "embed/comments/": (90, 14, 5), "embed/do/<str:act>": (22, 31, 19), "api/3.0/posts/list.json": (40, 9, 4),
    "moderate/": (2, 46, 21), "f/<slug:name>/": (5, 24, 9),
}
for minute in range(60):
    at = now - timedelta(minutes=59 - minute)
    release = "1.3" if minute < 34 else "1.4"
    for route, (often, ms, queries) in routes.items():
        n = int(often * (1 + 0.4 * math.sin(minute / 9)) * (0.9 + dice.random() / 5)) + 1
        counts = dict.fromkeys(COLUMNS, 0)
        took = [ms * (0.8 if release == "1.4" else 1.0) * math.exp(dice.gauss(0, 0.5)) for _ in range(n)]
        for each in took:
            counts[COLUMNS[bucket(each)]] += 1
        errors = int(route.startswith("moderate") and release == "1.4" and dice.random() < 0.2)
        Cost.objects.using(store).update_or_create(
            at=at, seconds=60, kind="request", route=route, release=release, defaults=dict(
                n=n, wall_ms=sum(took), cpu_ms=sum(took) * 0.5, queries=n * queries, db_ms=sum(took) * 0.4,
                cache_hits=n * 9, cache_misses=n, errors=errors, **counts))
    for alias in ("default", "p1", "p2"):
        gauge("queue age", 0.3 + dice.random(), alias, at=at)
    gauge("index residency", 99.2 + dice.random() / 2, "p1", at=at)
wording = "SELECT id, text FROM discussion_comment WHERE forum_id = ? AND text LIKE ? ORDER BY created_at, id"
slow = Statement.objects.using(store).create(database="p1", fingerprint="like", wording=wording, first_release="1.4")
SlowCost.objects.using(store).create(
    statement=slow, at=now.replace(minute=0), release="1.4", route="moderate/", n=9, ms=3120, worst_ms=512, b9=9,
    place="descant/moderate/searching.py:41 found")
"""


def fill(site: Site) -> None:
    """What an operator finds in the evening of a busy day."""
    words = ("user", "create", "opal", "--email", "opal@mail.example", "--superuser", "--password-stdin")
    site.command(*words, stdin=f"{PASSWORD}\n")
    site.command("switch", "set", "votes", "50", "--not-forum", "tribune", "--why", "half of them, to see")
    site.command("switch", "set", "heavy_orders", "off", "--why", "the thread about the ferry")
    for script in (EVENTS, ERRORS, COSTS):
        site.command("manage", "shell", "-c", script)


def picture(browser: Browser, site: Site, folder: Path) -> None:
    """Each page, in the light of a desk and in the dark of a telephone."""
    folder.mkdir(parents=True, exist_ok=True)
    for look, like in LOOKS:
        context = browser.new_context(device_scale_factor=1, **like)
        page = context.new_page()
        page.goto(f"{site.url}/operate/events/")
        Reader(context, page).log_in(page, "opal")
        page.locator(".letters summary").first.click()
        take(page, folder / f"events-{look}.png")
        for name in ("switches", "performance", "errors"):
            page.goto(f"{site.url}/operate/{name}/")
            take(page, folder / f"{name}-{look}.png")
        page.get_by_role("link", name="ZeroDivisionError").first.click()
        take(page, folder / f"error-{look}.png")
        context.close()


def take(page: Page, path: Path) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled")
