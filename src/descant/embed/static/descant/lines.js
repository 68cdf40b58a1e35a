/** The lines of the thread: where they stand, how pages join, and times that stay true. */

import { counted, fetchPage, find, here, made, note, say, words } from './calls.js';
import { tell } from './host.js';

/** The line of a comment, if it is drawn. */
export const lineOf = (id) => id && document.getElementById(`comment-${id}`);

export const articleOf = (line) => find(':scope > article', line);

/** The ids of all comments drawn. */
export const drawn = () => Array.from(document.querySelectorAll('.line[data-id]'), (line) => line.dataset.id);

/** Stand a line last among the replies to another, or first of all. The deepest replies are neighbours. */
export function stand(line, parent) {
  find('.empty')?.remove();
  if (!parent) find('#lines').prepend(line);
  else (parent.dataset.level === '7' ? parent.parentElement : listIn(parent)).append(line);
}

/** Stand a line in its place, unless it is drawn or its parent is not. A mark becomes what we may see of it. */
export function place(html, parent) {
  const line = lineFrom(html);
  const known = lineOf(line.dataset.id);
  if (known?.matches('.mark')) redraw(known, html);
  if (known || (parent && !lineOf(parent))) return known;
  stand(line, lineOf(parent));
  return line;
}

export function lineFrom(html) {
  const holder = document.createElement('template');
  holder.innerHTML = html;
  freshen(holder.content);
  return find('.line', holder.content);
}

/** Show a line as it has become; its replies stay. Gives its article. */
export function redraw(line, html) {
  const fresh = lineFrom(html);
  const article = articleOf(fresh);
  articleOf(line).replaceWith(article);
  line.className = fresh.className;
  line.dataset.state = fresh.dataset.state;
  line.asked = '';
  return article;
}

export const countComments = (n) => { find('#count').textContent = counted('comments', n); };

/** @param {number} [n] else one more */
export function countReplies(line, n) {
  const fold = line && find(':scope > .fold', line);
  if (fold) find('span', fold).textContent = counted('replies', fold.dataset.replies = n ?? Number(fold.dataset.replies) + 1);
}

/** @param {'open'|'closed'} state */
export function showThread(state) {
  document.documentElement.toggleAttribute('data-closed', state === 'closed');
  find('[data-act=thread]').textContent = state === 'closed' ? words.open : words.close;
}

/** Load the page that a link leads to, and join it to what is drawn. */
export async function follow(link) {
  const page = await load(link);
  if (!page) return;
  const known = new Set(drawn());
  join(find('#lines', page), find('#lines'));
  const next = find('.next a', page);
  if (next) link.replaceWith(next);
  else link.parentElement.remove();
  const first = drawn().find((id) => !known.has(id));
  if (first) articleOf(lineOf(first)).focus({ preventScroll: true });
  say(words.loaded);
  tell('paginate');
}

/** @param {boolean} [quietly] nobody has pressed anything */
export async function reorder(link, quietly) {
  const page = await load(link);
  if (!page) return;
  freshen(page);
  for (const part of ['#read', '.order']) find(part).replaceWith(find(part, page));
  if (!quietly) find('.order summary').focus();
  tell('order', { order: link.dataset.order });
}

/** Fold what somebody says whom we have blocked, or unfold it. @param {string} [mark] by which we have */
export function shield(line, mark) {
  if (mark === undefined) reveal(line);
  else if (line.dataset.blocked === undefined && !line.matches('.mark')) {
    const bar = made('blocked');
    find('span', bar).textContent = words.blocked.replace('{name}', `\u2068${find('h3', line).textContent}\u2069`);
    articleOf(line).append(bar);
    line.classList.add('blocked');
  }
  if (mark === undefined) delete line.dataset.blocked;
  else line.dataset.blocked = mark;
}

export function reveal(line) {
  if (!line.matches('.blocked')) return;
  line.classList.remove('blocked');
  find('[data-act=reveal]', articleOf(line)).parentElement.remove();
}

/** Fetch a link's page; show that it takes time, or that it failed. */
async function load(link) {
  if (link.ariaBusy) return null;
  const place = link.closest('.more, .next') || find('#read');
  const shade = made('shade');
  const timer = setTimeout(() => place.append(shade), 300);
  link.ariaBusy = 'true';
  try {
    return await fetchPage(link.href);
  } catch {
    note(place, words.unread, () => link.click());
    return null;
  } finally {
    clearTimeout(timer);
    shade.remove();
    link.ariaBusy = null;
  }
}

/** Join a fetched list to the one drawn: known lines stay, stubs become whole. */
function join(from, into) {
  const more = find(':scope > .more', into);
  for (const line of [...from.children]) {
    const known = lineOf(line.dataset.id);
    const replies = find(':scope > ol', line);
    if (known && known.matches('.stub') && !line.matches('.stub')) redraw(known, line.outerHTML);
    if (known && replies) join(replies, listIn(known));
    if (known || (more && line.matches('.more'))) continue;
    freshen(line);
    into.insertBefore(line, more);
  }
}

function listIn(line) {
  const list = find(':scope > ol', line) || document.createElement('ol');
  line.append(list);
  return list;
}

/** Make times and permalinks true for this reader; let keyboards into wide code. */
export function freshen(within = document) {
  for (const time of within.querySelectorAll('time')) {
    const date = new Date(time.dateTime);
    const link = time.closest('a');
    const article = time.closest('article');
    const text = ago((Date.now() - date) / 1000);
    article.ariaLabel = article.ariaLabel.replace(time.textContent, text);
    time.textContent = text;
    time.title = date.toLocaleString(here.digits, { dateStyle: 'full', timeStyle: 'short' });
    if (here.thread.url) Object.assign(link, { href: addressOf(time.closest('.line')), target: '_top' });
  }
  for (const code of within.querySelectorAll('pre')) code.tabIndex = 0;
}

/** The address of a comment: on its own site, where that is known. */
export function addressOf(line) {
  return here.thread.url ? `${here.thread.url.split('#')[0]}#descant-${line.dataset.id}` : find('.when', line).href;
}

const spans = { year: 31536000, month: 2592000, day: 86400, hour: 3600, minute: 60 };
const relative = new Intl.RelativeTimeFormat(here.digits);

function ago(seconds) {
  const unit = Object.keys(spans).find((name) => seconds >= spans[name]);
  return unit ? relative.format(-Math.floor(seconds / spans[unit]), unit) : words.now;
}
