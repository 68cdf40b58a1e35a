/** The frame wakes: clicks find their acts, and what is personal is fetched. Then what readers and moderators do. */

import { attempt, blocks, call, find, here, memory, note, store, token, vouched, words, written } from './calls.js';
import { boxActs, dress, mark, openBox, openMain, restoreDraft, showHeld } from './composer.js';
import { hear, tell, tellHeight } from './host.js';
import { beSomebody, hasAccount, me } from './identity.js';
import { articleOf, drawn, follow, freshen, lineOf, place, reorder, reveal, shield, showThread } from './lines.js';
import { rest, watch } from './live.js';

const root = document.documentElement;
let turned = /[?&](cursor|order)=/.test(location.search); // whether the order drawn was asked for
const lineActs = {
  fold: (line, button) => { button.ariaExpanded = button.ariaExpanded !== 'true'; },
  up: (line) => vote(line, 1),
  down: (line) => vote(line, -1),
  reply: (line) => openBox(articleOf(line), { parent: line.dataset.id }),
  write: openMain,
  reveal: (line) => { reveal(line); articleOf(line).focus(); },
};

freshen();
setInterval(freshen, 60000);
document.addEventListener('click', onClick);
document.addEventListener('ours', learn);
hear(onMessage);
restoreDraft();
prefer({ order: store.get('order') });
tell('ready', { title: document.title });
if (/^(comment|descant)-/.test(new URLSearchParams(location.search).get('cursor'))) {
  point(find('.whole ~ #read .line:not(.stub)'));
}
if (!vouched.get() || parent === window) learn(); // else the page around us says first who reads it
watch();

function onMessage({ type, comment, drafts, site }) {
  if (type === 'show') show(comment);
  if (site && (site.message || site.url)) import('./vouching.js').then(({ believe }) => believe(site, learn), learn);
  else if (site && vouched.get()) {
    vouched.set(null); // it says nothing of anybody
    learn();
  }
  for (const key in drafts) if (key.startsWith('draft:')) memory.set(key, drafts[key]);
  if (drafts) restoreDraft();
}

/** One listener for all buttons and links, also those of lines that come later. */
function onClick(event) {
  const order = find('.order[open]');
  if (order && !order.contains(event.target)) order.open = false;
  const link = event.target.closest('.more a, .next a, .order a');
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    if (link.dataset.order) chooseOrder(link.dataset.order);
    (link.dataset.order ? reorder : follow)(link).then(() => document.dispatchEvent(new Event('ours')));
  }
  const button = event.target.closest('button');
  const { act, mark: sign } = button?.dataset || {};
  if (sign) mark(button.form, sign);
  else if (boxActs[act]) boxActs[act](button);
  else if (lineActs[act]) lineActs[act](button.closest('.line'), button);
  else if (act && act !== 'again') further(act, button); // a note's own button tries again by itself
}

/** What few do is fetched when somebody first does it. */
async function further(act, button) {
  const line = button.closest('.line');
  const { acts } = await import('./menu.js').catch(() => note(line ? articleOf(line) : find('footer'), words.offline));
  acts?.[act]?.(line, button);
}

/** Ask what is ours among the comments drawn. Nobody has nothing to ask. */
async function learn() {
  const comments = drawn().filter((id) => lineOf(id).asked !== token.get()).slice(0, 500);
  const blocked = store.get(blocks) || [];
  if (!token.get() && !blocked.length) return;
  const mine = await call('mine', { thread: here.thread, comments, blocked }).catch(() => null);
  if (!mine) return;
  if (mine.person && !me.person) tell('identify');
  for (const id of comments.filter(lineOf)) {
    lineOf(id).asked = token.get();
    shield(lineOf(id), mine.blocked[id]);
  }
  me.person = mine.person;
  me.moderates = mine.moderates;
  root.toggleAttribute('data-moderates', mine.moderates);
  for (const [id, seconds] of Object.entries(mine.own)) me.own[id] = Date.now() + seconds * 1000;
  for (const { html, parent } of mine.recent) place(html, parent);
  for (const waiting of mine.held) showWaiting(waiting);
  for (const waiting of mine.waiting) showWaiting(waiting, words.waiting);
  for (const [id, score] of Object.entries(mine.scores)) if (lineOf(id)) showScore(lineOf(id), score);
  for (const [id, value] of Object.entries(mine.votes)) if (lineOf(id)) showVote(lineOf(id), value);
  showThread(mine.thread.state);
  if (mine.moderates || mine.decided.length || mine.follows !== undefined) import('./menu.js').then(({ showOwn }) => showOwn(mine), () => {});
  document.querySelectorAll('.composer').forEach(dress);
  prefer(mine.preferences);
  if (mine.labs.keys) import('./keys.js').then(({ listen }) => listen(mine.labs.keys), () => {});
}

/** Read as she likes to, unless this page was asked for in its order or language. */
function prefer({ order, language, live }) {
  if (live === false) rest();
  const query = new URLSearchParams(location.search);
  if (language && language !== here.lang && query.get('lang') !== language) {
    query.set('lang', language);
    return location.replace(`?${query}${location.hash}`);
  }
  const link = find(`.order a[data-order="${order}"]:not([aria-current])`);
  if (!link || turned) return undefined;
  turned = true;
  return reorder(link, true).then(learn);
}

function chooseOrder(order) {
  turned = true;
  store.set('order', order);
  if (hasAccount()) call('prefer', { order }).catch(() => {});
}

function showWaiting({ html, parent, reasons }, sentence) {
  const line = place(html, parent);
  if (line && !line.matches('.held')) showHeld(line, reasons, sentence);
}

/** Show the comment that a link names: here if it is ours to see and drawn, else on the page that holds it. */
function show(name) {
  const line = name.startsWith('descant-') && lineOf(name.slice(8));
  if (line) return point(line);
  const query = new URLSearchParams(location.search);
  query.set('cursor', name);
  return location.replace(`?${query}${location.hash}`);
}

function point(line) {
  if (!line) return;
  find('.target')?.classList.remove('target');
  line.classList.add('target');
  articleOf(line).focus({ preventScroll: true });
  tellHeight();
  tell('scroll', { top: line.getBoundingClientRect().top });
  if (parent === window) line.scrollIntoView();
}

function showVote(line, value) {
  for (const button of articleOf(line).querySelectorAll('.votes button')) {
    button.ariaPressed = button.dataset.act === { 1: 'up', '-1': 'down' }[value];
  }
}

/** A vote given twice is taken back. */
async function vote(line, value) {
  const article = articleOf(line);
  const before = { up: 1, down: -1 }[find('[aria-pressed=true]', article)?.dataset.act] || 0;
  const wanted = before === value ? 0 : value;
  showVote(line, wanted);
  const answer = await attempt(article, beSomebody().then(() => call('vote', { comment: line.dataset.id, value: wanted })));
  showVote(line, answer ? answer.value : before);
  if (answer) showScore(line, answer.ups - answer.downs);
}

function showScore(line, score) {
  const shown = find('.score', articleOf(line));
  if (shown) shown.textContent = written(score);
}
