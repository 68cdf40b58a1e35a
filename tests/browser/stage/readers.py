"""A person with a browser of her own, and what nobody's browser may ever show: faults, and requests to strangers."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Frame,
    FrameLocator,
    Locator,
    Page,
    Request,
    expect,
)

from tests.browser.stage.serving import PASSWORD

OUR_HOSTS = {"127.0.0.1", "localhost"}
# In every page that frames ours: how many frames have said that they are ready.
COUNT_READY = """
addEventListener('message', ({ data }) => {
  if (data?.descant === 1 && data.type === 'ready') window.awake = (window.awake || 0) + 1;
});
"""


@dataclass
class Reader:
    """One browser context with one page; a pop-up is one more page of it."""

    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    forgiven: list[str] = field(
        default_factory=lambda: [r"/favicon\.ico"]
    )  # browsers ask for it by themselves

    def watch(self) -> None:
        self.context.add_init_script(COUNT_READY)
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda fault: self.faults.append(str(fault.error)))
        self.context.on("request", self._count)

    def forgive(self, pattern: str) -> None:
        """A fault that belongs to the story, such as the browser's own word on a refused request."""
        self.forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        return [fault for fault in self.faults if not any(re.search(each, fault) for each in self.forgiven)]

    def visit(self, url: str) -> FrameLocator:
        """Open a page; gives the first frame in it, awake."""
        self.page.goto(url)
        return self.awake()

    def awake(self, frames: int = 1) -> FrameLocator:
        """Wait until so many frames have said that their scripts run; gives the first."""
        self.page.wait_for_function("frames => window.awake >= frames", arg=frames)
        return self.frame

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe").first

    @property
    def inside(self) -> Frame:
        """The frame as a document, to run scripts in."""
        found = next((frame for frame in self.page.frames if "/embed/comments/" in frame.url), None)
        assert found is not None
        return found

    def line(self, text: str) -> Locator:
        """The article of the comment that says this."""
        return self.frame.locator(".line > article").filter(has_text=text)

    def write(self, text: str, *, name: str = "Gus", to: str = "") -> Locator:
        """Write as a guest, a reply if `to` is what some comment says; gives the article once it is acknowledged."""
        if to:
            self.line(to).get_by_role("button", name="Reply").click()
        else:
            self.frame.get_by_role("button", name="Write a comment").click()
        self.send(text, name)
        focused = self.frame.locator("article:focus")
        expect(focused.get_by_role("button", name="Vote up")).to_be_visible()
        return self.frame.locator(f"#{element(focused).get_attribute('id')} > article")

    def send(self, text: str, name: str = "") -> None:
        """Fill the open box and post it."""
        self.frame.get_by_role("textbox", name="Your comment").fill(text)
        if name:
            self.frame.get_by_role("textbox", name="Name", exact=True).fill(name)
        self.frame.get_by_role("button", name="Post comment").click()

    def more(self, article: Locator, act: str) -> None:
        """Open the further acts of a comment and choose one."""
        article.get_by_role("button", name="More actions").click()
        article.get_by_role("button", name=act).click()

    def sign_in(self, username: str) -> None:
        """From an open box, through the pop-up, until the frame knows who it speaks for."""
        with self.context.expect_page() as opened:
            self.frame.get_by_role("button", name="Sign in").click()
        popup = opened.value
        self.log_in(popup, username)
        popup.get_by_role("button", name="Continue as").click()
        expect(self.frame.get_by_text("You write as")).to_be_visible()

    def visit_as(self, username: str, url: str) -> None:
        """Open a page and sign in there."""
        self.visit(url)
        self.frame.get_by_role("button", name="Write a comment").click()
        self.sign_in(username)
        self.frame.get_by_role("button", name="Cancel").click()

    def log_in(self, page: Page, username: str) -> None:
        """With the password, on our own page."""
        page.get_by_role("textbox", name="E-mail address or username").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.text} ({message.location.get('url')})")

    def _count(self, request: Request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in OUR_HOSTS:
            self.faults.append(f"a request to a third host: {request.url}")


def element(article: Locator) -> Any:
    """The list item around a comment's article."""
    return article.locator("xpath=..")
