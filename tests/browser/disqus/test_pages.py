"""Pages written for Disqus, unchanged but for the address of the script."""

import json
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, loader, new_article
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site
from tests.descant.signing import EVE, signed

# As Disqus gives it to its users, with all that its help says of it; only the script's address is another.
UNIVERSAL_CODE = """
<h1>An article</h1>
<div id="disqus_thread"></div>
<script>
  var told = [];
  var disqus_config = function () {
    this.page.url = '%(url)s';
    this.page.identifier = '%(identifier)s';
    this.page.title = 'A title of its own';
    this.page.category_id = '%(category)s';
    this.page.remote_auth_s3 = '%(remote_auth)s';
    this.page.api_key = '%(api_key)s';
    this.page.integration = 'wordpress 3.1.3 6.5';
    this.language = '%(language)s';
    this.callbacks.onReady = [function () { told.push('ready'); }];
    this.callbacks.onNewComment = [function (comment) { told.push(comment.text); }];
  };
  (function () {
    var d = document, s = d.createElement('script');
    s.src = '%(script)s';
    s.setAttribute('data-timestamp', +new Date());
    (d.head || d.body).appendChild(s);
  })();
</script>
<noscript>Please enable JavaScript to view the comments.</noscript>
"""
LEGACY = """
<div id="disqus_thread"></div>
<script>
  var disqus_shortname = 'gazette';
  var disqus_identifier = '%(identifier)s';
  var disqus_url = '%(url)s';
  var disqus_title = 'Legacy';
  var disqus_category_id = '8';
  (function () {
    var dsq = document.createElement('script');
    dsq.type = 'text/javascript'; dsq.async = true;
    dsq.src = '%(script)s';
    (document.getElementsByTagName('head')[0] || document.getElementsByTagName('body')[0]).appendChild(dsq);
  })();
</script>
"""
LISTENING = """
<script>
  var heard = [];
  var disqus_config = function () {
    this.page.identifier = '%s';
    for (const name in this.callbacks) this.callbacks[name].push(told => heard.push([name, told]));
    this.callbacks.onReady.push(() => { throw new Error('a fault of the page'); });
  };
</script>
"""


def test_disqus_own_page_works_with_another_script_address(
    reader: Reader, hosting: Hosting, site: Site, article: Article
) -> None:
    site.say(article.thread, "Known by its identifier.")
    key = json.loads(site.command("sso", "make", "gazette", "--json"))
    url = hosting.url + "/universal"
    asked = {"url": url, "identifier": article.thread["identifier"], "language": "de", "category": "7"}
    asked |= {"remote_auth": signed(EVE, key["secret_key"]), "api_key": key["public_key"]}
    # As from //gazette.disqus.com/embed.js.
    asked["script"] = f"{site.url.removeprefix('http:')}/gazette/embed.js"
    reader.visit(hosting.put("/universal", UNIVERSAL_CODE % asked))
    expect(reader.line("Known by its identifier.")).to_be_visible()
    expect(reader.frame.locator("html")).to_have_attribute("lang", "de")
    assert "category=7&" in str(reader.page.locator("iframe").get_attribute("src"))
    reader.line("Known by its identifier.").get_by_role("button", name="Antworten").click()
    reader.frame.get_by_role("textbox", name="Ihr Kommentar").fill("Von ihrer Zeitung angemeldet.")
    reader.frame.get_by_role("button", name="Kommentar senden").click()
    expect(reader.line("Von ihrer Zeitung angemeldet.").get_by_role("heading")).to_have_text("Eve")
    reader.page.wait_for_function("told.length >= 2")
    assert reader.page.evaluate("told") == ["ready", "Von ihrer Zeitung angemeldet."]


def test_pages_with_the_globals_of_2010_work(
    reader: Reader, hosting: Hosting, site: Site, article: Article
) -> None:
    site.say(article.thread, "Still here.")
    asked = {"identifier": article.thread["identifier"], "url": hosting.url + "/legacy"}
    reader.visit(hosting.put("/legacy", LEGACY % {**asked, "script": f"{site.url}/embed.js"}))
    expect(reader.line("Still here.")).to_be_visible()
    with reader.page.expect_request("**/embed/do/post") as asked_for:
        reader.write("Of a category.")
    assert asked_for.value.post_data_json["thread"]["category"] == "8"


def test_a_container_of_another_name_is_found_by_the_old_global(
    reader: Reader, hosting: Hosting, site: Site
) -> None:
    body = '<script>var disqus_container_id = "talk";</script><div id="talk"></div>' + loader(site)
    reader.visit(hosting.put("/container", body))
    expect(reader.page.locator("#talk > iframe")).to_be_visible()


def test_the_forum_is_found_in_the_order_that_is_promised(
    reader: Reader, hosting: Hosting, site: Site
) -> None:
    def forum(attributes: str, head: str = "", path: str = "/embed.js") -> str:
        script = f'<script async src="{site.url}{path}" {attributes}></script>'
        url = hosting.put("/which", '<div id="disqus_thread"></div>' + script, head=head)
        reader.page.goto(url)
        return str(reader.page.locator("iframe").get_attribute("src")).split("f=")[1].split("&")[0]

    named = "<script>var disqus_shortname = 'by-global';</script>"
    reader.forgive("404")  # none of these forums is there
    assert forum('data-forum="first" data-shortname="second"', named, "/path/embed.js") == "first"
    assert forum('data-shortname="second"', named, "/path/embed.js") == "second"
    assert forum("", named, "/path/embed.js") == "by-global"
    assert forum("", "", "/by-path/embed.js") == "by-path"


def test_the_callbacks_are_called_in_their_order(reader: Reader, embed: Embed, site: Site) -> None:
    article = new_article(embed)
    listening = LISTENING % article.thread["identifier"]
    for number in range(30):
        site.say(article.thread, f"Number {number}.")
    url = embed("/listening", body=listening)
    reader.forgive("a fault of the page")
    reader.visit(url)
    first = ["preData", "preInit", "onInit", "onReady", "afterRender"]
    assert [name for name, _told in heard(reader, len(first))] == first
    reader.frame.get_by_role("link", name="More comments").click()
    assert heard(reader, 6)[-1][0] == "onPaginate"
    reader.write("One more.")
    told = heard(reader, 9)
    assert [name for name, _told in told[6:]] == ["beforeComment", "onNewComment", "onIdentify"]
    assert told[7][1]["text"] == "One more."
    assert told[7][1]["id"].isdigit()
    reader.page.evaluate("DISQUS.reset({ reload: true, config: disqus_config })")
    assert [name for name, _told in heard(reader, 13)[9:13]] == ["preReset", *first[:3]]


def heard(reader: Reader, most: int) -> list[Any]:
    """What the page's callbacks heard, once there is so much of it."""
    reader.page.wait_for_function("most => heard.length >= most", arg=most)
    calls: list[Any] = json.loads(reader.page.evaluate("JSON.stringify(heard)"))
    return calls


def test_reset_loads_another_thread_in_its_place(
    reader: Reader, embed: Embed, article: Article, site: Site
) -> None:
    site.say(article.thread, "Of the second thread.")
    reader.visit(embed("/resetting", body="<h1>First</h1>"))
    expect(reader.frame.get_by_text("Nobody has spoken yet.")).to_be_visible()
    before = reader.page.evaluate("history.length")
    reader.page.evaluate(
        "wanted => DISQUS.reset({ reload: true, config() { Object.assign(this.page, wanted); } })",
        article.thread,
    )
    expect(reader.line("Of the second thread.")).to_be_visible()
    expect(reader.page.locator("iframe")).to_have_count(1)
    assert reader.page.evaluate("history.length") == before


def test_reset_with_nothing_tears_down_and_the_script_can_come_again(
    reader: Reader, embed: Embed, site: Site
) -> None:
    reader.visit(embed("/again"))
    reader.page.evaluate("DISQUS.reset({})")
    expect(reader.page.locator("iframe")).to_have_count(0)
    reader.page.evaluate(
        """src => {
          document.querySelector('script[src*="embed.js"]').remove();
          delete window.DISQUS;
          document.getElementById('discussion').replaceChildren();
          window.disqus_shortname = 'gazette';
          document.body.append(Object.assign(document.createElement('script'), { src, id: 'dsq-embed-scr' }));
        }""",
        f"{site.url}/embed.js",
    )
    expect(reader.page.locator("#discussion > iframe")).to_have_count(1)
    expect(reader.frame.get_by_role("button", name="Write a comment")).to_be_visible()
    reader.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<div data-descant data-identifier=x></div>')"
    )
    expect(reader.page.locator("iframe")).to_have_count(2)
