"""The owner's pages in a browser: they work without a script, in both schemes, wide and narrow, and reach the frame."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Embed, new_article
from tests.browser.stage.axe import violations
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

WIDE, NARROW = {"width": 1100, "height": 900}, {"width": 390, "height": 844}
SECTIONS = ["", "domains/", "categories/", "people/", "policy/", "look/", "keys/", "exports/", "rules/"]


def at_home(reader: Reader, site: Site, username: str) -> None:
    reader.page.goto(f"{site.url}/accounts/login/")
    reader.log_in(reader.page, username)
    reader.page.wait_for_url(f"{site.url}/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_no_fault_and_nothing_runs_out_of_the_page(
    new_reader: Callable[..., Reader], site: Site, scheme: str, viewport: dict[str, int]
) -> None:
    reader = new_reader(color_scheme=scheme, viewport=viewport)
    at_home(reader, site, "ann")
    pages = [f"f/tribune/settings/{section}" for section in SECTIONS]
    for path in (*pages, "f/gazette/", "accounts/preferences/", "f/gazette/?lang=ar"):
        reader.page.goto(f"{site.url}/{path}")
        assert violations(reader.page) == [], path
        assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert reader.page.get_by_role("heading", level=1).count() == 1


def test_an_owner_changes_her_forum_without_a_script(new_reader: Callable[..., Reader], site: Site) -> None:
    reader = new_reader(java_script_enabled=False)
    at_home(reader, site, "ann")
    page = reader.page
    page.goto(f"{site.url}/f/tribune/settings/")
    page.get_by_label("Title").fill("The Tribune")
    page.get_by_label("All", exact=True).check()
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.get_by_role("link", name="Domains").click()
    page.get_by_label("Domain", exact=True).fill("tribune.example")
    page.get_by_role("button", name="Add the domain").click()
    page.get_by_role("button", name="Remove tribune.example").click()
    expect(page.get_by_role("status")).to_contain_text("The domain is removed.")
    page.get_by_role("link", name="Roles").click()
    page.get_by_role("button", name="Take away – Ann").click()
    expect(page.get_by_role("status")).to_contain_text("A forum needs an owner")
    page.goto(f"{site.url}/f/tribune/")
    expect(page.get_by_role("heading", name="The Tribune")).to_be_visible()


@pytest.mark.parametrize("name", ["Descant's own format", "One SQLite file"])
def test_an_owner_takes_her_forum_along_by_keyboard(
    new_reader: Callable[..., Reader], embed: Embed, site: Site, name: str
) -> None:
    reader = new_reader(java_script_enabled=False)
    at_home(reader, site, "ann")
    page = reader.page
    page.goto(f"{site.url}/f/gazette/settings/exports/")
    page.get_by_role("radio", name=name).press("Space")
    page.get_by_role("button", name="Make the file").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("A worker makes the file.")
    line = page.get_by_role("listitem").filter(has_text=name).first
    for _again in range(600):
        if line.get_by_role("link", name="Download").count():
            break
        page.wait_for_timeout(200)
        line.get_by_role("link", name="Look again").press("Enter")
        page.wait_for_load_state()
    with page.expect_download() as downloaded:
        line.get_by_role("link", name="Download").press("Enter")
    content = gzip.decompress(downloaded.value.path().read_bytes())
    assert content.startswith((b"SQLite format 3", b'{"row":"descant"'))


def test_a_look_is_worn_where_the_page_says_none(
    new_reader: Callable[..., Reader], embed: Embed, site: Site
) -> None:
    owner, reader = new_reader(), new_reader()
    site.command("forum", "open", "looked-at", "--domain", "127.0.0.1", "--owner", "ann")
    at_home(owner, site, "ann")
    owner.page.goto(f"{site.url}/f/looked-at/settings/look/")
    owner.page.get_by_label("Links and buttons on light pages").fill("#8a1c1c")
    owner.page.get_by_label("Font").fill("Georgia, serif")
    owner.page.get_by_role("button", name="Save").click()
    expect(owner.page.get_by_role("status")).to_contain_text("Saved.")
    plain = new_article(embed, attributes='data-forum="looked-at"')
    frame = reader.visit(plain.url)
    link = frame.get_by_role("link", name="Follow by feed")
    worn = """link => {
      const drop = link.parentElement.appendChild(document.createElement('i'));
      drop.style.color = 'var(--accent)';
      return getComputedStyle(drop).color;
    }"""
    assert link.evaluate(worn) == "rgb(138, 28, 28)"
    assert "Georgia" in link.evaluate("link => getComputedStyle(link).fontFamily")
    saying = new_article(embed, attributes='data-forum="looked-at" data-accent="#1c5c2a" data-font="Verdana"')
    frame = reader.visit(saying.url)
    link = frame.get_by_role("link", name="Follow by feed")
    assert link.evaluate(worn) == "rgb(28, 92, 42)"
    assert "Verdana" in link.evaluate("link => getComputedStyle(link).fontFamily")
