/** The frame wakes: clicks find their acts, and what is personal is fetched. Then what readers and moderators do. */

import { call, find, here, made, memory, note, say, store, token, vouched, words, written } from './calls.js';
import { boxActs, dress, mark, openBox, openMain, restoreDraft, showHeld } from './composer.js';
import { hear, tell, tellHeight } from './host.js';
import { beSomebody, hasAccount, me } from './identity.js';
import { addressOf, articleOf, countComments, drawn, follow, freshen, lineOf, place, redraw, reorder, reveal, setAside, shield } from './lines.js';

const root = document.documentElement;
const blocks = `blocked:${here.forum}`; // a guest's: one comment of each person
let turned = /[?&](cursor|order)=/.test(location.search); // whether the order drawn was asked for
const formActs = {
  appeal: (button) => ask(button.parentElement, button.parentElement.dataset.id, 'appeal'),
  leave: (button) => { const place = button.form.parentElement; button.form.remove(); place.focus(); },
};
const pageActs = { write: openMain, thread: turnThread, hear: turnFollowing };
const lineActs = {
  fold: (line, button) => { button.ariaExpanded = button.ariaExpanded !== 'true'; },
  up: (line) => vote(line, 1),
  down: (line) => vote(line, -1),
  reply: (line) => openBox(articleOf(line), { parent: line.dataset.id }),
  menu,
  copy,
  block: (line) => block(line, true),
  unblock: (line) => block(line, false),
  reveal: (line) => { reveal(line); articleOf(line).focus(); },
  edit,
  remove,
  hide: (line) => decide(line, 'hide'),
  restore: (line) => decide(line, 'restore'),
  approve: (line) => decide(line, 'approve'),
  spam: (line) => decide(line, 'spam'),
  pin: (line) => attempt(articleOf(line), call('pin', { comment: line.dataset.id })).then((told) => told && note(articleOf(line), words.pinned).classList.add('calm')),
  flag: (line) => ask(articleOf(line), line.dataset.id, 'flag'),
  ban: (line) => ask(articleOf(line), line.dataset.id, 'ban'),
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

function onMessage({ type, comment, drafts, site }) {
  if (type === 'show') show(comment);
  if (site && (site.message || site.url)) import('./vouching.js').then(({ believe }) => believe(site, learn));
  else if (site && vouched.get()) learn();
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
    (link.dataset.order ? reorder : follow)(link).then(learn);
  }
  const button = event.target.closest('button');
  const { act, mark: sign } = button?.dataset || {};
  if (sign) mark(button.form, sign);
  else if (pageActs[act]) pageActs[act]();
  else if (boxActs[act]) boxActs[act](button);
  else if (formActs[act]) formActs[act](button);
  else if (lineActs[act]) lineActs[act](button.closest('.line'), button);
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
  for (const { html } of mine.hidden) setAside(html);
  for (const waiting of mine.held) showWaiting(waiting);
  for (const waiting of mine.waiting) showWaiting(waiting, words.waiting);
  for (const [id, score] of Object.entries(mine.scores)) if (lineOf(id)) showScore(lineOf(id), score);
  for (const [id, value] of Object.entries(mine.votes)) if (lineOf(id)) showVote(lineOf(id), value);
  mine.decided.forEach(showDecision);
  showThread(mine.thread.state);
  showHeard(mine);
  document.querySelectorAll('.composer').forEach(dress);
  prefer(mine.preferences);
}

/** Read as she likes to, unless this page was asked for in its order or language. */
function prefer({ order, language }) {
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

/** Fold what this person writes, or unfold it; all that is drawn is asked for anew. */
async function block(line, blocked) {
  const { id, blocked: mark } = line.dataset;
  if (hasAccount()) {
    if (!await attempt(articleOf(line), call('block', { comment: id, blocked }))) return;
  }
  const kept = (store.get(blocks) || []).filter((each) => each !== mark);
  store.set(blocks, blocked && !hasAccount() ? [...kept, id].slice(-100) : kept);
  for (const each of drawn()) lineOf(each).asked = '';
  if (blocked) shield(line, id);
  else for (const each of drawn().map(lineOf)) if (each.dataset.blocked === mark) shield(each);
  await learn();
  articleOf(line).focus();
}

/** What a moderator decided about a comment of hers, above the thread; once she may ask to look at it again. */
function showDecision({ id, words: sentence, may_appeal: may }) {
  if (find(`#told [data-id="${id}"]`)) return;
  const item = made('decision');
  item.dataset.id = id;
  find('p', item).textContent = sentence;
  if (!may) find('button', item).remove();
  find('#told').append(item);
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

/** @param {'open'|'closed'} state */
function showThread(state) {
  root.toggleAttribute('data-closed', state === 'closed');
  find('[data-act=thread]').textContent = state === 'closed' ? words.open : words.close;
}

/** An account can follow a thread that there is, and sees how many notices wait for it. */
function showHeard({ thread, follows, unseen }) {
  find('[data-act=hear]').hidden = !thread.id || follows === undefined;
  find('[data-act=hear]').ariaPressed = Boolean(follows);
  find('#notices').hidden = unseen === undefined;
  find('#notices b').textContent = unseen ? written(unseen) : '';
}

async function turnFollowing() {
  const button = find('[data-act=hear]');
  const answer = await attempt(find('footer'), call('follow', { thread: here.thread, follows: button.ariaPressed !== 'true' }));
  if (answer) button.ariaPressed = answer.follows;
}

async function turnThread() {
  const state = root.hasAttribute('data-closed') ? 'open' : 'closed';
  const answer = await attempt(find('#write'), call('thread', { thread: here.thread, state }));
  if (answer) showThread(answer.state);
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

/** Further acts unfold in the row, where no edge of the frame can cut them off. */
function menu(line, button) {
  const opening = button.ariaExpanded !== 'true';
  button.ariaExpanded = opening;
  if (!opening) return button.nextElementSibling.remove();
  const items = made('menu');
  const isBlocked = 'blocked' in line.dataset;
  const may = { any: true, heard: !isBlocked, blocked: isBlocked, own: me.own[line.dataset.id] > Date.now(), [line.dataset.state]: me.moderates };
  for (const item of [...items.children]) if (!item.dataset.if.split(' ').some((word) => may[word])) item.remove();
  button.after(items);
}

async function copy(line, button) {
  const address = addressOf(line);
  try {
    await navigator.clipboard.writeText(address);
    button.textContent = words.copied;
    say(words.copied);
  } catch {
    const field = Object.assign(document.createElement('input'), { value: address, readOnly: true, ariaLabel: button.textContent });
    button.replaceWith(field);
    field.select();
  }
}

async function edit(line) {
  const article = articleOf(line);
  const source = await attempt(article, call('source', { comment: line.dataset.id }));
  if (source) openBox(article, { edits: line.dataset.id }, source.text);
}

/** Delete asks once, in its own place. */
async function remove(line, button) {
  if (button.textContent !== words.sure) {
    button.textContent = words.sure;
    return;
  }
  const answer = await attempt(articleOf(line), call('delete', { comment: line.dataset.id }));
  if (!answer) return;
  redraw(line, answer.html).focus();
  countComments(answer.count);
  say(words.gone);
}

/** @param {'hide'|'restore'|'approve'|'spam'} verdict */
async function decide(line, verdict) {
  const answer = await attempt(articleOf(line), call('decide', { comment: line.dataset.id, verdict, reason: '' }));
  if (!answer) return;
  redraw(line, answer.html).focus();
  countComments(answer.count);
}

/** A few questions in the place itself, sent as one call. */
function ask(place, comment, what) {
  find(':scope > .ask', place)?.remove();
  const form = made(what);
  form.onsubmit = async (event) => {
    event.preventDefault();
    await beSomebody();
    const answer = await attempt(form, call(form.dataset.call, { comment, ...Object.fromEntries(new FormData(form)) }));
    if (!answer) return;
    note(place, form.dataset.done).classList.add('calm');
    form.remove();
    place.focus();
  };
  place.append(form);
  find('select, input, textarea', form).focus();
}

/** The answer, or nothing: then the reason stands in the place. */
function attempt(place, asked) {
  return asked.catch((refused) => void note(place, refused.message));
}
