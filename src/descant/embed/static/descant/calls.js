/** What the document says about itself, what this browser keeps, and the calls to the server. */

import { tell } from './host.js';

const root = document.documentElement;
const { forum, identifier, url, title, calls, signIn, longest, guests } = root.dataset;
const said = new URLSearchParams(location.hash.slice(1)); // by the page around us

export const here = {
  forum,
  signIn,
  longest: Number(longest),
  guests: guests === 'yes',
  lang: root.lang,
  digits: `${root.lang}-u-nu-latn`, // numbers and dates in the digits that the server writes
  thread: { identifier, url, title: said.get('title') || title, category: said.get('category') },
};

/** Translated sentences. */
export const words = JSON.parse(root.dataset.words);

/** @param {string} selector @param {ParentNode} within @returns {any} */
export const find = (selector, within = document) => within.querySelector(selector);

/** A fresh copy of a template. */
export const made = (id) => find(`#${id}`).content.firstElementChild.cloneNode(true);

/** Tell screen readers. */
export const say = (sentence) => { find('#said').textContent = sentence; };

export const written = (n) => new Intl.NumberFormat(here.digits).format(n);

/** "12 replies", in any language. */
export function counted(what, n) {
  const forms = words[what];
  return (forms[new Intl.PluralRules(here.lang).select(n)] || forms.other).replace('{n}', written(n));
}

/** Say one thing at the end of a place; with `again`, a button tries once more. */
export function note(place, sentence, again) {
  find(':scope > .note', place)?.remove();
  const line = made('note');
  const button = find('button', line);
  find('span', line).textContent = sentence;
  if (again) button.onclick = () => { line.remove(); again(); };
  else button.remove();
  place.append(line);
  say(sentence);
  return line;
}

export const memory = new Map();
/** Kept by the browser; where it refuses, for the life of the page, and drafts by the page around us. */
export const store = {
  get(key) {
    if (memory.has(key)) return memory.get(key);
    try {
      return JSON.parse(localStorage.getItem(`descant:${key}`));
    } catch {
      return null;
    }
  },
  set(key, value) {
    memory.set(key, value);
    try {
      if (value === null) localStorage.removeItem(`descant:${key}`);
      else localStorage.setItem(`descant:${key}`, JSON.stringify(value));
    } catch {
      if (key.startsWith('draft:')) tell('keep', { key, value });
    }
  },
};

/** What was granted by the word of the page around us: `{message, token}`. It goes before what was granted by us. */
export const vouched = {
  get: () => store.get(`vouched:${forum}`),
  set: (value) => store.set(`vouched:${forum}`, value),
};

export const token = {
  get: () => vouched.get()?.token || store.get(`token:${forum}`),
  set: (value) => (value === null && vouched.get() ? vouched.set(null) : store.set(`token:${forum}`, value)),
};

/** Where a guest's browser keeps whom she has blocked: one comment of each person. */
export const blocks = `blocked:${forum}`;

/** Why a call did not do what was asked, and whether it may work later. */
export class Refused extends Error {
  /** @param {string} message a sentence to show @param {number} [status] 0: no answer @param {number} [after] seconds */
  constructor(message, status = 0, after = 0) {
    super(message);
    this.after = after;
    this.passes = status === 0 || status === 429 || status >= 500;
  }
}

/**
 * Ask the server to do something.
 * @param {string} act @param {object} body @returns {Promise<any>} its answer; throws `Refused`
 */
export async function call(act, body = {}) {
  const headers = { 'Content-Type': 'application/json' };
  if (token.get() && act !== 'sign_on') headers.Authorization = `Bearer ${token.get()}`;
  const answer = await reach(calls + act, { method: 'POST', headers, body: JSON.stringify({ forum, lang: here.lang, ...body }) });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (answer.status === 401) token.set(null);
  const { message = words.failed, retry_after: after = answer.headers.get('Retry-After') } = told.error || {};
  throw new Refused(message, answer.status, Number(after));
}

/** The answer, or nothing: then the reason stands in the place. */
export function attempt(place, asked) {
  return asked.catch((refused) => void note(place, refused.message));
}

/** @param {string} [known] the ETag of one that is known; nothing if it is still the same */
export async function fetchPage(address, known) {
  const answer = await reach(address);
  const etag = answer.headers.get('ETag');
  if (!answer.ok) throw new Refused(words.unread, answer.status);
  if (known && etag === known) return null;
  return Object.assign(new DOMParser().parseFromString(await answer.text(), 'text/html'), { etag });
}

/** Fetch without cookies, and not for ever. */
export async function reach(address, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 20000);
  try {
    return await fetch(address, { ...options, credentials: 'omit', signal: stop.signal });
  } catch {
    throw new Refused(navigator.onLine ? words.slow : words.offline);
  } finally {
    clearTimeout(timer);
  }
}
