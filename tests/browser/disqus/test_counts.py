"""Numbers of comments in a page's links and marks, in few requests."""

from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import expect

from tests.browser.conftest import Article
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site


def counter(site: Site) -> str:
    return f'<script id="dsq-count-scr" async src="{site.url}/count.js" data-forum="gazette"></script>'


def asked(reader: Reader) -> list[list[tuple[str, str]]]:
    """The threads that each request asked for, as (kind, value)."""
    queries = [urlsplit(url) for url in reader.requests if "/count-data.js" in url]
    pairs = [parse_qsl(parts.query) for parts in queries]
    return [[(kind, value) for kind, value in query if kind in "12"] for query in pairs]


def test_links_spans_and_the_marks_of_wordpress_get_their_counts(
    reader: Reader, hosting: Hosting, site: Site, article: Article
) -> None:
    site.say(article.thread, "One.")
    site.say(article.thread, "Two.")
    name = article.thread["identifier"]
    places = {
        "by-link": f'<a href="{article.url}#disqus_thread">Comments</a>',
        "by-identifier": f'<a href="/other#disqus_thread" data-disqus-identifier="{name}">Comments</a>',
        "span": f'<span class="disqus-comment-count" data-disqus-identifier="{name}">Comments</span>',
        "span-url": f'<span class="disqus-comment-count" data-disqus-url="{article.url}">Comments</span>',
        "wordpress": f'<a href="/p"><span class="dsq-postid" data-dsqidentifier="{name}">Comments</span></a>',
        "nobody": '<span class="disqus-comment-count" data-disqus-identifier="nobody spoke">Comments</span>',
    }
    body = "".join(f'<p id="{key}">{place}</p>' for key, place in places.items())
    reader.page.goto(hosting.put("/counts", body + counter(site)))
    for key in places:
        expect(reader.page.locator(f"#{key}")).to_have_text("0 Comments" if key == "nobody" else "2 Comments")


def test_disqus_own_snippet_counts_with_another_script_address(
    reader: Reader, hosting: Hosting, site: Site, article: Article
) -> None:
    site.say(article.thread, "One.")
    address = f"{site.url.removeprefix('http:')}/gazette/count.js"  # as from //gazette.disqus.com/count.js
    script = f'<script id="dsq-count-scr" src="{address}" async></script>'
    link = f'<a href="{article.url}#disqus_thread">Comments</a>'
    reader.page.goto(hosting.put("/snippet", link + script))
    expect(reader.page.locator("a")).to_have_text("1 Comment")


def test_sixty_threads_are_asked_for_in_three_requests_sorted_and_once_each(
    reader: Reader, hosting: Hosting, site: Site
) -> None:
    mark = '<span class="disqus-comment-count" data-disqus-identifier="many-{}">Comments</span> '
    body = "".join(mark.format(number % 60) for number in range(90))
    reader.page.goto(hosting.put("/many", body + counter(site)))
    expect(reader.page.locator("span").filter(has_text="0 Comments")).to_have_count(90)
    requests = asked(reader)
    assert [len(request) for request in requests] == [25, 25, 10]
    values = [value for request in requests for _kind, value in request]
    assert values == sorted(f"many-{number}" for number in range(60))


def test_a_page_that_grew_asks_again_and_a_reset_asks_for_all(
    reader: Reader, hosting: Hosting, site: Site, article: Article
) -> None:
    name = article.thread["identifier"]
    mark = f'<span class="disqus-comment-count" data-disqus-identifier="{name}">Comments</span>'
    reader.page.goto(hosting.put("/growing", mark + counter(site)))
    expect(reader.page.locator("span")).to_have_text("0 Comments")
    late = '<span class="disqus-comment-count" data-disqus-identifier="late">Comments</span>'
    reader.page.evaluate("mark => document.body.insertAdjacentHTML('beforeend', mark)", late)
    reader.page.evaluate("DISQUSWIDGETS.getCount()")
    expect(reader.page.locator("[data-disqus-identifier=late]")).to_have_text("0 Comments")
    assert asked(reader) == [[("1", name)], [("1", "late")]]
    with reader.page.expect_request("**/count-data.js?*"):
        reader.page.evaluate("DISQUSWIDGETS.getCount({ reset: true })")
    assert asked(reader)[-1] == [("1", name), ("1", "late")]


def test_themes_may_call_display_count_with_nothing(reader: Reader, hosting: Hosting, site: Site) -> None:
    reader.page.goto(hosting.put("/themes", "<p>Nothing to count.</p>" + counter(site)))
    reader.page.wait_for_function("() => window.DISQUSWIDGETS")
    reader.page.evaluate("DISQUSWIDGETS.displayCount({})")
    assert asked(reader) == []
