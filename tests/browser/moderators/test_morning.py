"""A moderator's morning: 200 comments wait, a flood among them, and one decision was wrong; with the keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Embed, new_article
from tests.browser.stage.axe import violations
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

HELD, FLOOD = 200, 40
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# What a rule that looks for near-duplicates writes: of one flood.
FOLD = """
from descant.discussion.models import Comment
from descant.forums.directory import forum_named
forum = forum_named("{forum}")
flood = Comment.objects.of(forum).filter(text__startswith="Buy watches").order_by("created_at", "id")
Comment.objects.of(forum).filter(pk__in=list(flood.values_list("pk", flat=True))).update(flood=flood[0].pk)
"""


@pytest.fixture
def morning(site: Site, embed: Embed, request: pytest.FixtureRequest) -> str:
    """A forum of its own, on which 200 comments wait for Ann, 40 of them alike."""
    name = re.sub(r"[^a-z]+", "-", request.node.name.lower()).strip("-")[-40:].strip("-")
    site.command("forum", "open", name, "--domain", "127.0.0.1", "--owner", "ann")
    site.command("forum", "set", name, "--premoderation", "everybody")
    article = new_article(embed, attributes=f'data-forum="{name}"')
    for number in range(HELD):
        text = f"Buy watches, {number} left." if number % 5 == 4 else f"Thought {number} about bread."
        asked = {
            "forum": name,
            "thread": article.thread,
            "name": f"Reader {number % 9}",
            "key": f"{name}-{number}",
        }
        site.call("post", {**asked, "text": text})
    site.command("manage", "shell", "-c", FOLD.format(forum=name))
    return name


def sit_down(reader: Reader, site: Site, forum: str, **more: str) -> Page:
    page = reader.page
    page.goto(f"{site.url}/moderate/?forum={forum}")
    if "/accounts/" in page.url:
        reader.log_in(page, "ann")
    expect(page.locator(".near")).to_be_visible()
    return page


def number(page: Page, tab: str) -> str:
    return page.locator(f"[data-number={tab}]").inner_text()


def decides(page: Page, key: str) -> None:
    """Press a key once the comment that it is about is the one that is seen."""
    current = page.locator("#rows > .row[aria-current=true]")
    item = current.get_attribute("data-item")
    expect(page.locator(".near")).to_have_attribute("data-item", item or "")
    page.keyboard.press(key)
    expect(page.locator(f'#rows > .row[data-item="{item}"]')).to_have_count(0)


def delete_all_that_match(page: Page) -> None:
    all_of_them = page.get_by_text("All that match …")
    all_of_them.focus()
    page.keyboard.press("Enter")
    page.locator(".all").get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-number=waiting]")).to_have_text("0", timeout=60_000)
    expect(page.get_by_role("status")).to_contain_text("deleted.")


def test_a_morning_with_one_hand_on_the_keyboard(
    new_reader: Callable[..., Reader], site: Site, morning: str
) -> None:
    reader = new_reader(viewport=WIDE)
    page = sit_down(reader, site, morning)
    said, keys = page.get_by_role("status"), page.keyboard
    loads: list[str] = []
    page.on("load", lambda _page: loads.append("again"))
    assert number(page, "waiting") == str(HELD)

    expect(page.locator("#rows > .row").first).to_contain_text(f"{FLOOD} alike")
    decides(page, "s")
    expect(said).to_contain_text(f"{FLOOD} comments called spam.")
    expect(page.locator("[data-number=waiting]")).to_have_text(str(HELD - FLOOD))

    for _time in range(3):
        decides(page, "a")
    expect(page.locator("[data-number=waiting]")).to_have_text(str(HELD - FLOOD - 3))

    for _time in range(5):
        keys.press("x")
        keys.press("j")
    expect(page.locator(".bar .chosen")).to_have_text("5 selected")
    keys.press("d")
    expect(said).to_contain_text("5 comments deleted.")
    expect(page.locator("[data-number=deleted]")).to_have_text("5")
    keys.press("z")
    expect(said).to_contain_text("5 decisions undone.")
    expect(page.locator("[data-number=deleted]")).to_have_text("0")
    expect(page.locator("[data-number=waiting]")).to_have_text(str(HELD - FLOOD - 3))

    delete_all_that_match(page)
    page.locator("body").press("Escape")
    keys.press("z")
    expect(page.locator("[data-number=waiting]")).to_have_text(str(HELD - FLOOD - 3), timeout=60_000)
    expect(page.locator("[data-number=deleted]")).to_have_text("0")
    expect(page.locator("[data-number=spam]")).to_have_text(str(FLOOD))
    assert loads == []


def test_keys_move_open_and_close_what_their_buttons_do(
    new_reader: Callable[..., Reader], site: Site, morning: str
) -> None:
    reader = new_reader(viewport=WIDE)
    page = sit_down(reader, site, morning)
    rows, keys = page.locator("#rows > .row"), page.keyboard
    keys.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(rows.nth(1).locator("a.open")).to_be_focused()
    keys.press("k")
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    keys.press("?")
    expect(page.get_by_text("undo the last decision, all of its batch")).to_be_visible()
    for key in "asdh":
        expect(page.locator(f".decide [aria-keyshortcuts={key}]")).to_be_visible()
    keys.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    keys.type("as")
    expect(page.get_by_role("searchbox")).to_have_value("as")
    expect(page.locator("[data-number=waiting]")).to_have_text(str(HELD))
    keys.press("Escape")
    expect(page.locator(".near")).to_have_attribute("data-item", rows.nth(0).get_attribute("data-item") or "")
    keys.press("e")
    expect(page.get_by_role("textbox", name="Text")).to_be_focused()
    keys.press("Escape")
    keys.press("b")
    page.get_by_role("textbox", name="Why (she is told)").fill("adverts")
    page.locator(".ban").get_by_role("button", name="Ban").click()
    expect(page.get_by_role("status")).to_contain_text("Banned: Reader")
    expect(page.locator(".near")).to_contain_text("adverts")


def test_of_two_moderators_the_slower_is_told(
    new_reader: Callable[..., Reader], site: Site, morning: str
) -> None:
    fast, slow = new_reader(viewport=WIDE), new_reader(viewport=WIDE)
    one, other = sit_down(fast, site, morning), sit_down(slow, site, morning)
    decides(one, "s")
    expect(one.get_by_role("status")).to_contain_text("called spam")
    decides(other, "a")
    expect(other.get_by_role("status")).to_contain_text("Ann has decided about this meanwhile.")
    expect(other.locator("[data-number=spam]")).to_have_text(str(FLOOD))


def test_without_scripts_the_morning_goes_on(
    new_reader: Callable[..., Reader], site: Site, morning: str
) -> None:
    reader = new_reader(viewport=WIDE, java_script_enabled=False)
    page = reader.page
    page.goto(f"{site.url}/moderate/?forum={morning}")
    reader.log_in(page, "ann")
    page.locator("#rows > .row a.open").nth(1).click()
    page.locator(".decide").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text("1 comment approved.")
    assert number(page, "waiting") == str(HELD - 1)
    page.get_by_role("button", name="Undo").click()
    assert number(page, "waiting") == str(HELD)
    for row in (0, 1):
        page.locator("#rows > .row .pick input").nth(row).check()
    page.locator(".bar").get_by_role("button", name="Spam").click()
    expect(page.get_by_role("status")).to_contain_text(f"{FLOOD + 1} comments called spam.")
    assert number(page, "waiting") == str(HELD - FLOOD - 1)


def test_a_bad_rule_is_seen_in_its_trial_and_one_that_was_on_is_undone(
    new_reader: Callable[..., Reader], site: Site, morning: str
) -> None:
    """With the keyboard: a rule on bread would have held a day's talk; it was on for a while, and is taken back."""
    page = sit_down(new_reader(viewport=WIDE), site, morning)
    site.command("forum", "set", morning, "--premoderation", "nobody")
    write_rule(page, site, morning)
    press(page, "Try it on the last 30 days")
    trial = page.locator("#trial")
    expect(trial).to_contain_text(f"it would have held {HELD - FLOOD}.")
    expect(trial).to_contain_text(f"All {HELD} comments of these days were looked at.")
    expect(trial.locator("mark").first).to_have_text("bread")
    press(page, "Earlier ones")
    expect(trial).to_contain_text("Page 2 of 8")

    trial.get_by_role("button", name="Save, switched off").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It is off")
    press(page, "Switch on")
    said = {
        "forum": morning,
        "thread": {"identifier": "late", "url": "http://127.0.0.1/late", "title": "Late"},
    }
    for number in range(3):
        site.call(
            "post",
            {**said, "name": "Odd", "key": f"late-{morning}-{number}", "text": f"More bread, {number}."},
        )
    press(page, "Switch off")
    expect(page.get_by_role("status")).to_contain_text("The rule is off.")

    page.get_by_role("link", name="What it holds now").press("Enter")
    expect(page.locator("#rows > .row")).to_have_count(3)
    page.get_by_text("All that match …").press("Enter")
    page.locator(".all").get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("3 comments approved.")
    page.locator("body").press("Escape")
    page.keyboard.press("z")
    expect(page.get_by_role("status")).to_contain_text("3 decisions undone.")
    expect(page.locator("#rows > .row")).to_have_count(3)


def write_rule(page: Page, site: Site, forum: str) -> None:
    page.goto(f"{site.url}/moderate/rules/?forum={forum}")
    page.get_by_role("link", name="A new rule").press("Enter")
    page.get_by_role("link", name="Words and phrases").press("Enter")
    page.get_by_label("Title").fill("Talk of bread")
    page.get_by_label("Words and phrases").fill("bread")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.press("Enter")


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_on_the_moderators_side(
    new_reader: Callable[..., Reader], site: Site, morning: str, scheme: str, viewport: dict[str, int]
) -> None:
    reader = new_reader(viewport=viewport, color_scheme=scheme)
    page = sit_down(reader, site, morning)
    for summary in ("Edit", "Ban", "Thread", "What each key does", "All that match …"):
        page.locator("summary").filter(has_text=summary).first.click()
    assert violations(page) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]
    decides(page, "s")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert violations(page) == []
    rules = ("rules/", f"rules/new/?whose={morning}", f"rules/new/?whose={morning}&kind=language")
    for path in ("log/", "bans/?ended=1", "appeals/", "?tab=deleted&q=nothing", *rules):
        page.goto(f"{site.url}/moderate/{path}")
        assert violations(page) == [], path
    write_rule(page, site, morning)
    press(page, "Try it on the last 30 days")
    expect(page.locator("#trial")).to_be_visible()
    assert violations(page) == [], "a trial"
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
