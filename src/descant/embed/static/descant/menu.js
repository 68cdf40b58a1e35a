/** What stands behind "⋯", and what else few do: fetched when somebody first does it. */

import { attempt, blocks, call, find, here, made, note, say, store, words, written } from './calls.js';
import { openBox } from './composer.js';
import { beSomebody, hasAccount, me } from './identity.js';
import { addressOf, articleOf, countComments, drawn, lineFrom, lineOf, place, redraw, shield, showThread } from './lines.js';

/** By the button's `data-act`, with its line. */
export const acts = {
  menu,
  copy,
  block: (line) => block(line, true),
  unblock: (line) => block(line, false),
  edit,
  remove,
  hide: (line) => decide(line, 'hide'),
  restore: (line) => decide(line, 'restore'),
  approve: (line) => decide(line, 'approve'),
  spam: (line) => decide(line, 'spam'),
  pin: (line) => attempt(articleOf(line), call('pin', { comment: line.dataset.id })).then((told) => told && note(articleOf(line), words.pinned).classList.add('calm')),
  flag: (line) => ask(articleOf(line), line.dataset.id, 'flag'),
  ban: (line) => ask(articleOf(line), line.dataset.id, 'ban'),
  appeal: (_, { parentElement: place }) => ask(place, place.dataset.id, 'appeal'),
  thread: turnThread,
  hear: turnFollowing,
  leave: (_, { form }) => { const place = form.parentElement; form.remove(); place.focus(); },
};

/** What those are told besides who moderate, who were judged, or who have an account. */
export function showOwn(mine) {
  for (const { html } of mine.hidden) setAside(html);
  mine.decided.forEach(showDecision);
  showHeard(mine);
}

/** What has no place among what readers see stands below it all, folded. */
function setAside(html) {
  const aside = find('#aside');
  const line = lineFrom(html);
  if (lineOf(line.dataset.id)) return place(html);
  find('ol', aside).append(line);
  aside.hidden = false;
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

/** An account can follow a thread that there is, and sees how many notices wait for it. */
function showHeard({ thread, follows, unseen }) {
  find('[data-act=hear]').hidden = !thread.id || follows === undefined;
  find('[data-act=hear]').ariaPressed = Boolean(follows);
  find('#notices').hidden = unseen === undefined;
  find('#notices b').textContent = unseen ? written(unseen) : '';
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
  document.dispatchEvent(new Event('ours'));
  articleOf(line).focus();
}

/** Close the thread, or open it again. */
async function turnThread() {
  const state = document.documentElement.hasAttribute('data-closed') ? 'open' : 'closed';
  const answer = await attempt(find('#write'), call('thread', { thread: here.thread, state }));
  if (answer) showThread(answer.state);
}

/** Follow the thread, or no more. */
async function turnFollowing() {
  const button = find('[data-act=hear]');
  const answer = await attempt(find('footer'), call('follow', { thread: here.thread, follows: button.ariaPressed !== 'true' }));
  if (answer) button.ariaPressed = answer.follows;
}
