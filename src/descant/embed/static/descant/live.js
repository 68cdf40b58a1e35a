/** The thread goes on while it is read: what changes comes by an event stream, or is asked for twice a minute. */

import { counted, fetchPage, find, here, reach, say, store, words, written } from './calls.js';
import { tell, tellHeight } from './host.js';
import { articleOf, countComments, countReplies, lineFrom, lineOf, redraw, showThread, stand } from './lines.js';

const root = document.documentElement;
const waiting = new Map(); // new comments, by id: they are shown when she likes
const bar = find('#news');
const button = find('button', bar);
const wish = find('#live input');
const streams = 'live' in root.dataset && !/[#&]still=/.test(location.hash);
let { clock, thread } = root.dataset;
let came = ''; // what is asked for besides when she comes back
let source;
let timer;
let etag;

/** Begin to watch. A tab that nobody sees asks for nothing, and comes back for what it missed. */
export function watch() {
  wish.checked = store.get('at_once');
  wish.parentElement.hidden = false;
  wish.onchange = () => { store.set('at_once', wish.checked); offer(); };
  button.onclick = () => (clock ? show(true) : location.reload());
  document.addEventListener('visibilitychange', turn);
  document.addEventListener('ours', offer);
  turn();
}

function turn() {
  source?.close();
  clearTimeout(timer);
  if (document.hidden || !clock) return;
  if (streams) {
    source = new EventSource(`/embed/live/?${asked()}${came}`);
    source.addEventListener('change', ({ data }) => hear(JSON.parse(data)));
    source.addEventListener('scores', ({ data }) => Object.entries(JSON.parse(data)).forEach(showScore));
    source.onerror = () => source.readyState === 2 && poll(); // refused; what only broke comes back by itself
  } else {
    poll();
  }
  came = '&again=1';
}

function asked() {
  const query = new URLSearchParams(location.search);
  query.set('since', clock);
  query.set('thread', thread);
  query.set('lang', here.lang);
  return query;
}

/** Look at the page, which costs the server nothing while it is the same; then for a stream once more. */
async function poll() {
  timer = setTimeout(turn, 30000 + Math.random() * 5000);
  if (!came) return;
  try {
    const page = await fetchPage(location.pathname + location.search, etag);
    if (!page) return;
    etag = page.etag;
    const now = page.documentElement.dataset;
    thread = now.thread;
    if (now.clock.split('-')[1] !== clock.split('-')[1]) hear(await (await reach(`/embed/changes/?${asked()}`)).json());
    for (const line of page.querySelectorAll('.line:not(.mark, .stub)')) showScore([line.dataset.id, find('.score', line).textContent]);
  } catch {
    // The next time.
  }
}

function hear({ told, clock: now, thread: its, count, open, lines, gone, replies }) {
  if (!told) return lose();
  clock = now;
  thread = its;
  countComments(count);
  showThread(open ? 'open' : 'closed');
  for (const each of lines) {
    if (lineOf(each.id)) renew(lineOf(each.id), each.html);
    else waiting.set(each.id, each);
  }
  for (const id of gone) waiting.delete(id);
  for (const id in replies) countReplies(lineOf(id), replies[id]);
  return offer();
}

/** Watch no more. */
export function rest() {
  clock = '';
  turn();
}

/** Too much has happened to be told. */
function lose() {
  rest();
  waiting.clear();
  button.textContent = words.anew;
  bar.hidden = false;
  say(words.anew);
}

/** Say how many wait: once aloud, and where nothing has to move for it. */
function offer() {
  for (const id of waiting.keys()) if (lineOf(id)) waiting.delete(id);
  if (!clock || find('.sending:not(.failed)')) return;
  const count = [...waiting.values()].filter(fits).length;
  if (count && wish.checked) return show();
  button.textContent = counted('news', count);
  if (count && bar.hidden) say(button.textContent);
  bar.hidden = !count;
}

/** Whether a new comment has a place in what is drawn; a mark has one, and is no news. */
function fits({ parent, html }) {
  if (/^\s*<li[^>]* mark"/.test(html)) return false;
  return parent ? lineOf(parent) || waiting.has(parent) : hasTop();
}

const isOldestFirst = () => find('.order [aria-current]')?.dataset.order === 'oldest';

const hasTop = () => !find('.whole') && !(isOldestFirst() && find('.next'));

/** @param {boolean} [pressed] else they come by themselves, and nothing else moves */
function show(pressed) {
  let count = 0;
  for (const old of document.querySelectorAll('.fresh')) old.classList.remove('fresh');
  for (const { id, parent, html } of waiting.values()) {
    const line = lineFrom(html);
    const above = lineOf(parent);
    if (lineOf(id) || (parent ? !above : !hasTop())) continue;
    stand(line, above);
    if (!parent && isOldestFirst()) line.parentElement.append(line);
    line.classList.add('fresh');
    shift(line.getBoundingClientRect().top, line.offsetHeight);
    count += 1;
  }
  waiting.clear();
  bar.hidden = true;
  if (!count) return;
  if (pressed) find('.fresh > article').focus({ preventScroll: true });
  else say(counted('news', count));
  setTimeout(() => document.dispatchEvent(new Event('ours')), pressed ? 0 : Math.random() * 3000);
}

/** Show a line as it has become, without touching what she does in it. */
function renew(line, html) {
  const fresh = lineFrom(html);
  const article = articleOf(line);
  const isSame = line.dataset.state === fresh.dataset.state;
  if (isSame && (fresh.matches('.mark') || line.matches('.stub'))) return; // a moderator sees what is behind the mark
  const { bottom } = article.getBoundingClientRect();
  const height = root.offsetHeight;
  const isHers = article.contains(document.activeElement);
  if (isSame || find('form', article) || (isHers && fresh.matches('.mark'))) {
    const [old, now] = [article, articleOf(fresh)].map((each) => find(':scope > .text, :scope > .gone', each));
    const edited = find('.edited', fresh);
    if (old.innerHTML !== now.innerHTML) old.replaceWith(now);
    if (edited && !find('.edited', article)) find('header', article)?.append(edited);
    if (fresh.matches('.mark')) find('header', article)?.remove();
    if (!isSame) find(':scope > .note', article)?.remove(); // that it waits, or is hidden
    line.dataset.state = fresh.dataset.state;
  } else {
    const now = redraw(line, html);
    if (isHers) now.focus({ preventScroll: true });
    document.dispatchEvent(new Event('ours'));
  }
  shift(bottom, root.offsetHeight - height);
}

/** What has moved above the window moves the window. */
function shift(top, by) {
  if (!by) return;
  tellHeight();
  tell('shift', { top, by });
}

function showScore([id, score]) {
  const place = lineOf(id) && find('.score', articleOf(lineOf(id)));
  if (place) place.textContent = Number(score) === score ? written(score) : score;
}
