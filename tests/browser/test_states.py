"""When something does not work, the text stays, the reason is said, and one button tries again."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

FAILED = "Failed to load resource"


def test_offline_the_text_stays_and_trying_again_posts_it_once(
    new_reader: Callable[..., Reader], article: Article
) -> None:
    gus, other = new_reader(), new_reader()
    gus.forgive(FAILED)
    gus.visit(article.url)
    gus.frame.get_by_role("button", name="Write a comment").click()
    gus.context.set_offline(True)
    gus.send("From a tunnel.", "Gus")
    line = gus.line("From a tunnel.")
    expect(line).to_contain_text("You are offline.")
    line.get_by_role("button", name="Try again").click()
    expect(line).to_contain_text("You are offline.")
    gus.context.set_offline(False)
    line.get_by_role("button", name="Try again").click()
    expect(line.get_by_role("button", name="Vote up")).to_be_visible()
    other.visit(article.url)
    expect(other.frame.locator(".line")).to_have_count(1)


def test_a_text_that_could_not_be_sent_is_still_there_after_a_reload(
    reader: Reader, article: Article
) -> None:
    reader.forgive(FAILED)
    reader.visit(article.url)
    reader.frame.get_by_role("button", name="Write a comment").click()
    reader.context.set_offline(True)
    reader.send("Not lost.", "Gus")
    expect(reader.line("Not lost.")).to_contain_text("You are offline.")
    reader.context.set_offline(False)
    reader.visit(article.url)
    expect(reader.frame.get_by_role("textbox", name="Your comment")).to_have_value("Not lost.")


def test_a_lost_answer_does_not_double_the_comment(reader: Reader, article: Article) -> None:
    """The server took it, the answer never came: the key of the draft makes the second try harmless."""
    reader.forgive(FAILED)
    reader.visit(article.url)

    def swallow(route: Route) -> None:
        route.fetch()
        route.abort()

    reader.page.route("**/embed/do/post", swallow, times=1)
    reader.frame.get_by_role("button", name="Write a comment").click()
    reader.send("Only once.", "Gus")
    expect(reader.line("Only once.")).to_contain_text("The server did not answer.")
    reader.line("Only once.").get_by_role("button", name="Try again").click()
    expect(reader.line("Only once.").get_by_role("button", name="Vote up")).to_be_visible()
    reader.visit(article.url)
    expect(reader.frame.locator(".line")).to_have_count(1)


def test_who_is_too_fast_is_told_when_to_try_again(reader: Reader, article: Article) -> None:
    refuse(reader, "post", 429, "That was too fast: try again in 7 seconds.")
    reader.visit(article.url)
    reader.frame.get_by_role("button", name="Write a comment").click()
    reader.send("Quick, quick.", "Gus")
    line = reader.line("Quick, quick.")
    expect(line).to_contain_text("That was too fast: try again in 7 seconds.")
    line.get_by_role("button", name="Try again").click()
    expect(line.get_by_role("button", name="Vote up")).to_be_visible()


def test_a_database_out_of_reach_is_said_in_a_sentence(reader: Reader, article: Article, site: Site) -> None:
    site.say(article.thread, "Worth a vote.")
    refuse(reader, "guest", 503, "The comments are out of reach just now. Please come back in a while.")
    reader.visit(article.url)
    line = reader.line("Worth a vote.")
    line.get_by_role("button", name="Vote up").click()
    expect(line).to_contain_text("The comments are out of reach just now.")
    expect(line.get_by_role("button", name="Vote up")).to_have_attribute("aria-pressed", "false")
    expect(line.locator(".score")).to_have_text("0")


def refuse(reader: Reader, act: str, status: int, message: str) -> None:
    """Let the first call of this kind be refused, as the server would."""
    reader.forgive(FAILED)
    body = json.dumps({"error": {"code": "refused", "message": message, "retry_after": 7}})
    reader.page.route(
        f"**/embed/do/{act}",
        lambda route: route.fulfill(status=status, body=body, content_type="application/json"),
        times=1,
    )


def test_a_thread_that_was_closed_meanwhile_gives_the_text_back(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Begun.")
    gus = new_reader()
    gus.forgive(FAILED)
    gus.visit(article.url)
    gus.frame.get_by_role("button", name="Write a comment").click()
    close(site, article)
    gus.send("Too late.", "Gus")
    expect(gus.frame.get_by_text("This thread is closed: it takes no more comments.").first).to_be_visible()
    expect(gus.frame.get_by_role("textbox", name="Your comment")).to_have_value("Too late.")


def test_what_is_refused_is_said_in_the_readers_language(reader: Reader, embed: Embed, site: Site) -> None:
    """With the plural that her language has for the number."""
    article = new_article(embed, attributes='data-lang="ar"')
    site.say(article.thread, "The first.")
    reader.forgive(FAILED)
    reader.visit(article.url)
    reader.frame.get_by_role("button", name="اكتب تعليقًا").click()
    box = reader.frame.get_by_role("textbox", name="تعليقك")
    box.fill("x" * 10_002)
    send = reader.frame.get_by_role("button", name="نشر التعليق")
    send.click()
    expect(reader.frame.get_by_text("النص أطول من المسموح بحرفين.").first).to_be_visible()
    box.fill("متأخر.")
    reader.frame.get_by_role("textbox", name="الاسم", exact=True).fill("Gus")
    close(site, article)
    send.click()
    expect(reader.frame.get_by_text("هذا النقاش مغلق: لا يقبل المزيد من التعليقات.").first).to_be_visible()
    expect(reader.page.locator("iframe")).to_have_attribute("title", re.compile("تعليقات على"))
    digits = reader.inside.evaluate("document.querySelector('time').title")
    assert re.search(r"20\d\d", digits), digits


def close(site: Site, article: Article) -> None:
    """As the program of the site's owner would."""
    thread = article.thread["identifier"]
    words = (
        "from descant.discussion.models import ThreadAddress as A; from descant.forums.directory import forum_named;"
        f"t = A.objects.of(forum_named('gazette')).select_related('thread').get(value='{thread}').thread;"
        "t.state = 'closed'; t.save(update_fields=['state'])"
    )
    site.command("manage", "shell", "--no-imports", "-c", words)


def test_pages_that_cannot_be_loaded_say_so_in_their_place(
    reader: Reader, article: Article, site: Site
) -> None:
    for number in range(27):
        site.say(article.thread, f"Number {number}.")
    reader.forgive(FAILED)
    frame = reader.visit(article.url)
    reader.context.set_offline(True)
    frame.get_by_role("link", name="More comments").click()
    expect(frame.get_by_text("These comments could not be loaded.").first).to_be_visible()
    expect(frame.get_by_role("link", name="More comments")).to_be_visible()
    reader.context.set_offline(False)
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator(".line")).to_have_count(27)
    expect(frame.get_by_role("button", name="Try again")).to_have_count(0)


def test_what_takes_long_is_shown_as_a_shade(reader: Reader, article: Article, site: Site) -> None:
    for number in range(27):
        site.say(article.thread, f"Number {number}.")
    frame = reader.visit(article.url)
    held: list[Route] = []
    reader.page.route("**/embed/comments/*cursor=*", lambda route: held.append(route), times=1)
    frame.get_by_role("link", name="More comments").click()
    expect(frame.locator(".shade")).to_be_visible()
    held[0].continue_()
    expect(frame.locator(".shade")).to_have_count(0)
    expect(frame.locator(".line")).to_have_count(27)
