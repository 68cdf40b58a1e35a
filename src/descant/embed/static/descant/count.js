/* Counts: writes "5 Comments" into a page's links and marks, at most 25 threads per request. */
(() => {
  'use strict';
  const wildcard = '__WILDCARD__'; // the server writes ".comments.example" here, or nothing
  const script = document.currentScript || [...document.scripts].reverse().find(({ src }) => /\/count\.js(\?|$)/.test(src));
  const home = new URL(script.src);
  let places = new Map(); // "1=identifier" or "2=address", to its elements

  if (window.DISQUSWIDGETS === undefined) window.DISQUSWIDGETS = { getCount, displayCount };
  addEventListener('DOMContentLoaded', () => getCount());
  getCount();

  function getCount({ reset } = {}) {
    const fresh = new Set();
    if (reset) places = new Map();
    for (const element of document.querySelectorAll('a[href$="#disqus_thread"], .disqus-comment-count, .dsq-postid')) {
      const { disqusIdentifier, dsqidentifier, disqusUrl } = element.dataset;
      const identifier = disqusIdentifier || dsqidentifier;
      const key = identifier ? `1=${identifier}` : `2=${disqusUrl || (element.href || '').split('#')[0]}`;
      const there = places.get(key) || new Set();
      if (key !== '2=' && !there.has(element)) fresh.add(key);
      places.set(key, there.add(element));
    }
    const keys = [...fresh].sort();
    while (keys.length) ask(keys.splice(0, 25));
  }

  function ask(keys) {
    const query = new URLSearchParams({ f: forumName() });
    for (const key of keys) query.append(key[0], key.slice(2));
    const request = document.createElement('script');
    request.src = `${home.origin}/count-data.js?${query}`;
    request.onload = request.onerror = () => request.remove();
    document.head.append(request);
  }

  function forumName() {
    const { forum, shortname } = script.dataset;
    const [, path] = /^\/([^/]+)\/count\.js$/.exec(home.pathname) || [];
    const host = wildcard[0] === '.' && home.hostname.endsWith(wildcard) && home.hostname.split('.')[0];
    return forum || shortname || window.disqus_shortname || path || host;
  }

  /** What count-data.js calls. Pages call it too, with nothing. */
  function displayCount({ counts = [], text = { comments: {} } } = {}) {
    const { zero, one, multiple = '{num}', ...forms } = text.comments;
    for (const { id, comments } of counts) {
      const words = (forms[comments] || [zero, one][comments] || multiple).replace('{num}', comments);
      for (const kind of [1, 2]) for (const element of places.get(`${kind}=${id}`) || []) element.textContent = words;
    }
  }
})();
