"""Components as of Disqus's own for React: what they do to a page, told in our own words, is done to one of ours."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

# One script for each kind, known by its id; the discussion says a callback of every name, most of them undefined; a
# change of properties is a reset; one of the shortname, and leaving the page, take script, frame and global away.
COMPONENTS = """
<div id="root"></div><div id="counts"></div>
<script>
  const HOST = '%s';
  const NAMES = ['preData', 'preInit', 'onInit', 'onReady', 'afterRender', 'preReset', 'onIdentify', 'beforeComment',
    'onNewComment', 'onPaginate'];
  const heard = [];
  const load = (shortname, file, id) => {
    const src = `${HOST}/${shortname}/${file}`;
    document.body.append(Object.assign(document.createElement('script'), { async: true, id, src }));
  };

  class Discussion {
    constructor(shortname, config) {
      this.shortname = shortname;
      this.config = config;
      this.place = document.createElement('div');
      this.place.id = 'disqus_thread';
      document.getElementById('root').append(this.place);
      if (window.disqus_shortname && window.disqus_shortname !== shortname) this.clean();
      this.show();
    }
    change(shortname, config) {
      const moved = shortname !== this.shortname;
      Object.assign(this, { shortname, config });
      if (moved) this.clean();
      this.show();
    }
    leave() {
      this.clean();
      this.place.remove();
    }
    show() {
      const { shortname, config } = this;
      const configure = function () {
        const { identifier, url, title, categoryID, remoteAuthS3, apiKey, language, sso } = config;
        const names = { category_id: categoryID, remote_auth_s3: remoteAuthS3, api_key: apiKey };
        Object.assign(this.page, { identifier, url, title, ...names });
        if (language) this.language = language;
        if (sso) this.sso = sso;
        for (const name of NAMES) this.callbacks[name] = [config[name]];
      };
      if (window.DISQUS && document.getElementById('dsq-embed-scr')) {
        window.DISQUS.reset({ reload: true, config: configure });
      } else {
        window.disqus_config = configure;
        window.disqus_shortname = shortname;
        load(shortname, 'embed.js', 'dsq-embed-scr');
      }
    }
    clean() {
      document.getElementById('dsq-embed-scr')?.remove();
      window.DISQUS?.reset({});
      delete window.DISQUS;
      document.getElementById('disqus_thread')?.replaceChildren();
    }
  }

  let counting;
  class Count {
    constructor(shortname, identifier) {
      this.place = document.createElement('span');
      this.place.className = 'disqus-comment-count';
      this.place.dataset.disqusIdentifier = identifier;
      this.place.textContent = 'Comments';
      document.getElementById('counts').append(this.place, ' ');
      this.show(shortname);
    }
    change(shortname, identifier) {
      this.place.dataset.disqusIdentifier = identifier;
      document.getElementById('dsq-count-scr')?.remove();
      window.DISQUSWIDGETS = undefined;
      this.show(shortname);
    }
    show(shortname) {
      if (!document.getElementById('dsq-count-scr')) return load(shortname, 'count.js', 'dsq-count-scr');
      clearTimeout(counting);
      counting = setTimeout(() => window.DISQUSWIDGETS?.getCount({ reset: true }), 300);
    }
  }
</script>
"""


@pytest.fixture
def app(reader: Reader, hosting: Hosting, site: Site) -> Callable[..., Any]:
    """A page with the components; runs what the app does next."""
    reader.page.goto(hosting.put("/app", COMPONENTS % site.url))
    return reader.page.evaluate


def discussed(article: Article, **more: str) -> str:
    return json.dumps({**article.thread, **more})


def test_a_discussion_says_no_callbacks_and_nothing_is_amiss(
    reader: Reader, app: Callable[..., Any], site: Site, article: Article
) -> None:
    site.say(article.thread, "By a component.")
    app(f"new Discussion('gazette', {discussed(article, language='de')}); 0")
    expect(reader.line("By a component.")).to_be_visible()
    expect(reader.frame.locator("html")).to_have_attribute("lang", "de")
    assert reader.page.evaluate("document.querySelectorAll('#dsq-embed-scr').length") == 1


def test_another_article_takes_the_place_of_the_first(
    reader: Reader, app: Callable[..., Any], site: Site, embed: Embed
) -> None:
    first, second = new_article(embed), new_article(embed)
    site.say(first.thread, "Of the first.")
    site.say(second.thread, "Of the second.")
    app(f"window.shown = new Discussion('gazette', {discussed(first)}); 0")
    expect(reader.line("Of the first.")).to_be_visible()
    app(f"""const config = {discussed(second)};
        config.preReset = () => heard.push('preReset');
        config.onReady = () => heard.push('onReady');
        shown.change('gazette', config);
        0""")
    expect(reader.line("Of the second.")).to_be_visible()
    expect(reader.page.locator("iframe")).to_have_count(1)
    reader.page.wait_for_function("heard.length >= 1")
    assert reader.page.evaluate("heard") == ["onReady"]
    reader.write("And of a reader.")
    app("shown.change('gazette', shown.config); 0")
    expect(reader.line("And of a reader.")).to_be_visible()
    assert reader.page.evaluate("heard.slice(0, 2)") == ["onReady", "preReset"]


def test_it_leaves_and_comes_again_under_another_article(
    reader: Reader, app: Callable[..., Any], site: Site, embed: Embed
) -> None:
    first, second = new_article(embed), new_article(embed)
    site.say(first.thread, "Of the first.")
    site.say(second.thread, "Of the second.")
    app(f"window.shown = new Discussion('gazette', {discussed(first)}); 0")
    expect(reader.line("Of the first.")).to_be_visible()
    app("shown.leave()")
    expect(reader.page.locator("iframe")).to_have_count(0)
    app(f"window.shown = new Discussion('gazette', {discussed(second)}); 0")
    expect(reader.line("Of the second.")).to_be_visible()
    expect(reader.page.locator("iframe")).to_have_count(1)


def test_another_forum_takes_everything_of_the_first_away(
    reader: Reader, app: Callable[..., Any], site: Site, article: Article
) -> None:
    site.say(article.thread, "Of the gazette.")
    app(f"window.shown = new Discussion('gazette', {discussed(article)}); window.former = null; 0")
    expect(reader.line("Of the gazette.")).to_be_visible()
    app(f"former = DISQUS; shown.change('tribune', {discussed(article)}); 0")
    reader.page.wait_for_function("window.DISQUS && DISQUS !== former")
    expect(reader.page.locator("iframe")).to_have_count(1)
    assert "f=tribune" in str(reader.page.locator("iframe").get_attribute("src"))
    expect(reader.frame.get_by_text("Nobody has spoken yet.")).to_be_visible()
    app(f"shown.change('gazette', {discussed(article)}); 0")
    expect(reader.line("Of the gazette.")).to_be_visible()
    expect(reader.page.locator("iframe")).to_have_count(1)


def test_counts_come_one_by_one_and_of_another_forum(
    reader: Reader, app: Callable[..., Any], site: Site, article: Article
) -> None:
    site.say(article.thread, "One.")
    name = article.thread["identifier"]
    app(f"window.one = new Count('gazette', '{name}'); 0")
    counts = reader.page.locator(".disqus-comment-count")
    expect(counts.nth(0)).to_have_text("1 Comment")
    app(f"new Count('gazette', 'nobody'); new Count('gazette', '{name}'); 0")
    expect(counts.nth(1)).to_have_text("0 Comments")
    expect(counts.nth(2)).to_have_text("1 Comment")
    app(f"one.change('tribune', '{name}'); 0")
    expect(counts.nth(0)).to_have_text("0 Comments")
    assert reader.page.evaluate("document.querySelectorAll('#dsq-count-scr').length") == 1
