/* The loader: frames our comments in the places that a page has for them. Pages written for Disqus work unchanged. */
(() => {
  'use strict';
  const wildcard = '__WILDCARD__'; // the server writes ".comments.example" here, or nothing
  const script = document.currentScript || [...document.scripts].reverse().find(({ src }) => /\/embed\.js(\?|$)/.test(src));
  const home = new URL(script.src);
  const known = new WeakSet(); // what reset({}) emptied stays empty
  let places = [];

  if (window.DISQUS && window.DISQUS.scan) return window.DISQUS.scan();
  const api = { reset, scan };
  window.DISQUS = api;
  addEventListener('message', hear);
  addEventListener('hashchange', () => isCurrent() && places[0] && asked() && send(places[0], { type: 'show', comment: asked() }));
  const watch = new MutationObserver(() => isCurrent() && scan());
  watch.observe(document, { childList: true, subtree: true });
  return scan();

  /** Pages may delete DISQUS and load us again: then this copy rests. */
  function isCurrent() {
    if (window.DISQUS !== api) watch.disconnect();
    return window.DISQUS === api;
  }

  /** Frame comments in each container not met before; forget those that left the page. */
  function scan() {
    places = places.filter(({ frame }) => frame.isConnected);
    for (const container of containers()) if (!known.has(container)) mount(container);
  }

  function containers() {
    const old = window.disqus_container_id;
    return document.querySelectorAll(`#disqus_thread, #discussion, [data-descant]${old ? `, #${CSS.escape(old)}` : ''}`);
  }

  function reset({ reload, config } = {}) {
    for (const place of places) {
      run(place, 'preReset');
      place.frame.remove();
    }
    places = [];
    if (reload) for (const container of containers()) mount(container, config);
  }

  function mount(container, configure = window.disqus_config) {
    known.add(container);
    const { data, config } = wishes(container, configure);
    const forum = data.forum || forumName();
    if (!forum) return console.warn('Descant: data-forum is missing.');
    const comment = !places.length && asked();
    const look = lookOf(container);
    const frame = document.createElement('iframe');
    const place = { frame, config };
    run(place, 'preData', 'preInit');
    frame.title = 'Comments';
    frame.allow = 'clipboard-write';
    frame.loading = comment ? 'eager' : 'lazy';
    // The query names the thread and is the same for all readers; what else we know travels behind the "#".
    const query = { f: forum, t_i: data.identifier, t_u: data.url || location.href.split('#')[0], lang: data.lang, cursor: comment };
    // A browser holds few connections to one host, and each frame that watches takes one.
    const category = data.categoryId || data.category_id;
    const fragment = { origin: location.origin, title: data.title || document.title, category, still: places.length > 2 || '', ...look };
    frame.src = `${home.origin}/embed/comments/?${written(query)}#${written(fragment)}`;
    Object.assign(frame.style, { display: 'block', width: '100%', height: '20rem', border: 0, colorScheme: look.scheme });
    container.append(frame);
    places.push(place);
    run(place, 'onInit');
  }

  /** What a page says about a thread: on the container, else in any of the old ways. */
  function wishes(container, configure) {
    const config = { page: {}, callbacks: {}, sso: {} };
    for (const name of 'preData preInit onInit onReady afterRender preReset onIdentify beforeComment onNewComment onPaginate'.split(' ')) config.callbacks[name] = [];
    const own = container.dataset;
    if (!own.identifier && !own.url) {
      for (const name of ['identifier', 'url', 'title', 'category_id']) config.page[name] = window[`disqus_${name}`];
      if (configure) configure.call(config);
    }
    return { config, data: { lang: config.language || script.dataset.lang, ...config.page, ...own } };
  }

  function forumName() {
    const { forum, shortname } = script.dataset;
    const [, path] = /^\/([^/]+)\/embed\.js$/.exec(home.pathname) || [];
    const host = wildcard[0] === '.' && home.hostname.endsWith(wildcard) && home.hostname.split('.')[0];
    return forum || shortname || window.disqus_shortname || path || host;
  }

  function written(pairs) {
    return new URLSearchParams(Object.entries(pairs).filter(([, value]) => value));
  }

  /** The comment that the page's address names: by its old id, or by ours. */
  function asked() {
    return (/^#((comment|descant)-[\w.:=-]{1,100})$/.exec(location.hash) || [])[1];
  }

  function send({ frame }, message) {
    frame.contentWindow.postMessage({ descant: 1, ...message }, home.origin);
  }

  /** What a frame is told when it wakes: drafts, and of the page's own people who reads and how they sign in. */
  function introduce(place) {
    const { page, sso } = place.config;
    const site = { ...sso, message: page.remote_auth_s3, key: page.api_key, page: location.href };
    send(place, { drafts: drafts(), site: JSON.parse(JSON.stringify(site)) });
  }

  /** Drafts, where the browser refuses the frame a storage of its own. */
  function drafts(key, value) {
    try {
      const kept = JSON.parse(sessionStorage.descant || '{}');
      if (key) sessionStorage.descant = JSON.stringify({ ...kept, [key]: value || undefined });
      return kept;
    } catch {
      return {};
    }
  }

  /** The page's own colours and font, unless it names others. */
  function lookOf(container) {
    const link = container.appendChild(document.createElement('a'));
    link.href = '#';
    const { color, fontFamily } = getComputedStyle(container);
    const look = { text: color, background: groundOf(container), link: getComputedStyle(link).color, accent: '', font: fontFamily, scheme: '' };
    link.remove();
    const own = { ...script.dataset, ...container.dataset };
    const said = Object.keys(look).filter((name) => own[name]); // before these the forum's own look counts
    for (const name of said) look[name] = own[name];
    const [red, green, blue] = look.text.match(/\d+/g) || [];
    look.scheme = look.scheme || (/^rgb/.test(look.text) && red * 3 + green * 6 + +blue > 1300 ? 'dark' : 'light');
    return { ...look, said };
  }

  function groundOf(element) {
    const colour = element && getComputedStyle(element).backgroundColor;
    return /^rgba.* 0\)$/.test(colour) ? groundOf(element.parentElement) : colour;
  }

  function hear({ origin, source, data }) {
    const place = places.find(({ frame }) => frame.contentWindow === source);
    if (!place || origin !== home.origin || !data || data.descant !== 1) return;
    const { type, height, top, by, id, text, key, value, title } = data;
    const { frame } = place;
    if (type === 'height' && height > 0) frame.style.height = `${Math.min(height, 1e6)}px`;
    if (type === 'scroll' && top >= 0) scrollBy(0, frame.getBoundingClientRect().top + top - innerHeight / 4);
    const { top: above, bottom } = frame.getBoundingClientRect();
    if (type === 'shift' && above + top <= 0 && bottom > 0) scrollBy({ top: by, behavior: 'instant' });
    if (type === 'keep') drafts(key, value);
    if (type === 'ready') {
      frame.title = title;
      introduce(place);
    }
    if (type === 'reload' && document.hasFocus()) location.reload();
    if (type === 'logout') location.assign(place.config.sso.logout || '');
    const names = { ready: ['onReady', 'afterRender'], identify: ['onIdentify'], before: ['beforeComment'], comment: ['onNewComment'], paginate: ['onPaginate'] };
    place.told = { id, text };
    run(place, ...(names[type] || []));
  }

  /** Call the page's own functions, where it has some; a fault in one stops nothing of ours. */
  function run({ config, told }, ...names) {
    for (const callback of names.flatMap((name) => config.callbacks[name] || []).filter(Boolean)) {
      try {
        callback(told);
      } catch (fault) {
        reportError(fault);
      }
    }
  }
})();
