/** A lab: keys step from comment to comment and act on the one that has the focus. Fetched for those who have chosen it. */

import { find, say } from './calls.js';
import { tell } from './host.js';

const acts = {
  j: () => step(1),
  k: () => step(-1),
  r: (here) => press('.row [data-act=reply]', here),
  u: (here) => press('.votes [data-act=up]', here),
  f: (here) => press(':scope > .fold', here?.parentElement),
  '?': help,
};
let told;

/** @param {Record<string, string>} words what each key does, and a title */
export function listen(words) {
  if (!told) document.addEventListener('keydown', onKey);
  told = words;
}

function onKey(event) {
  const isWriting = event.target.closest('input, textarea, select, [contenteditable]');
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWriting) return;
  const act = acts[keyOf(event)];
  if (!act) return;
  event.preventDefault();
  act(document.activeElement.closest('.line > article'));
}

/** The letter on the key; where it bears none of ours, as on an Arabic keyboard, the one in its place on others. */
function keyOf({ key, code, shiftKey }) {
  if (key === '\u061f') return '?';
  return /^[a-z?]$/i.test(key) ? key.toLowerCase() : !shiftKey && code.replace(/^Key/, '').toLowerCase();
}

/** To the next that is seen, or back; after the last comment comes the link to more of them. */
function step(by) {
  const stops = [...document.querySelectorAll('#read :is(.line > article, .more a, .next a)')].filter((each) => each.getClientRects().length);
  const now = document.activeElement;
  const at = stops.indexOf(now.closest('.line > article') || now);
  const to = stops[at < 0 ? 0 : at + by];
  if (!to) return;
  to.focus({ preventScroll: true });
  new IntersectionObserver(([{ intersectionRatio }], watch) => {
    watch.disconnect();
    if (intersectionRatio < 1) show(to);
  }).observe(to);
}

function show(place) {
  tell('scroll', { top: place.getBoundingClientRect().top });
  if (parent === window) place.scrollIntoView({ block: 'center' });
}

function press(button, within) {
  const found = within && find(button, within);
  if (found?.getClientRects().length) found.click();
}

/** What the keys do, in the place itself: the frame is as long as the thread, and has no middle that is seen. */
function help(article) {
  const open = find('#keys');
  if (open) return close(open);
  const list = document.createElement('dl');
  list.style.cssText = 'display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; margin: 8px';
  for (const [key, does] of Object.entries(told)) {
    if (key === 'title') continue;
    const name = document.createElement('kbd');
    name.textContent = key;
    const [term, what] = ['dt', 'dd'].map((tag) => list.appendChild(document.createElement(tag)));
    term.append(name);
    what.style.margin = 0;
    what.textContent = does;
  }
  const place = document.createElement('section');
  Object.assign(place, { id: 'keys', className: 'note calm', tabIndex: -1, ariaLabel: told.title, opener: article });
  place.onkeydown = ({ key }) => key === 'Escape' && close(place);
  place.append(list);
  (article || find('#write')).append(place);
  place.focus();
  return say(told.title);
}

function close(place) {
  place.remove();
  place.opener?.focus({ preventScroll: true });
}
