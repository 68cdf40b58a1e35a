// @ts-check
// The queue without reloads: every form of the page works without this; here it is sent behind the scenes, the next
// comment is there at once, and one hand on the keyboard is enough.

const desk = /** @type {HTMLElement} */ (document.getElementById('desk'));
const one = /** @type {HTMLElement} */ (document.getElementById('one'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const words = /** @type {HTMLElement} */ (document.getElementById('words')).dataset;
const FEW = 10;

/** What was fetched of comments that will be looked at soon. @type {Map<string, Promise<string>>} */
const near = new Map();
/** The batches decided here, the last at the end: what z takes back. @type {string[]} */
const batches = [];
/** Requests that write go one after the other. */
let line = Promise.resolve();
/** Which comment is wanted now; a slower answer about another is dropped. */
let wanted = '';

const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#rows > .row')]);
const current = () => rows().find((row) => row.getAttribute('aria-current') === 'true');
const picked = () => rows().filter((row) => box(row).checked);
const box = (/** @type {Element} */ row) => /** @type {HTMLInputElement} */ (row.querySelector('input[type=checkbox]'));
const item = (/** @type {HTMLElement} */ row) => row.dataset.item || '';

/** Fetch what a comment looks like from near, once. @param {HTMLElement} row */
function look(row) {
  const key = item(row);
  let found = near.get(key);
  if (!found) {
    const query = new URLSearchParams({ item: key, back: here() });
    found = fetch(`/moderate/near/?${query}`).then((answer) => answer.ok ? answer.text() : Promise.reject(answer.status));
    found.catch(() => near.delete(key));
    near.set(key, found);
  }
  return found;
}

/** Show a comment, and fetch the one after it. @param {HTMLElement | undefined} row */
async function show(row, { focus = true } = {}) {
  for (const each of rows()) each.removeAttribute('aria-current');
  wanted = row ? item(row) : '';
  if (!row) {
    one.innerHTML = '';
    return;
  }
  row.setAttribute('aria-current', 'true');
  if (focus) /** @type {HTMLElement} */ (row.querySelector('a.open')).focus();
  row.scrollIntoView({ block: 'nearest' });
  try {
    const html = await look(row);
    if (wanted !== item(row)) return;
    one.innerHTML = html;
    one.scrollTop = 0;
  } catch (failed) {
    if (wanted === item(row)) one.innerHTML = '';
    if (failed === 404) await refresh(); else tell(words.failed || '', '', true);
  }
  const after = rows()[rows().indexOf(row) + 1];
  if (after) look(after).catch(() => {});
}

/** @param {number} by */
function move(by) {
  const every = rows();
  const now = current();
  const at = now ? every.indexOf(now) + by : 0;
  if (every[at]) show(every[at]);
}

/** A line above the page; with a batch it can be undone. */
function tell(/** @type {string} */ message, batch = '', isWrong = false) {
  said.replaceChildren();
  const form = document.createElement('form');
  form.className = isWrong ? 'said wrong' : 'said';
  form.method = 'post';
  form.action = '/moderate/do/undo';
  form.append(Object.assign(document.createElement('span'), { textContent: message }));
  if (batch) {
    const button = Object.assign(document.createElement('button'), { name: 'batch', value: batch });
    button.setAttribute('aria-keyshortcuts', 'z');
    button.append(words.undo || '', ' ', Object.assign(document.createElement('kbd'), { textContent: 'z' }));
    form.append(button);
  }
  said.append(form);
}

const here = () => desk.dataset.url || '/moderate/';

/** Send a form's fields until nothing is left. @param {string} path @param {FormData} fields */
async function send(path, fields) {
  fields.set('csrfmiddlewaretoken', token());
  fields.set('looked_at', desk.dataset.forum || '');
  let changed = 0;
  for (;;) {
    const answer = await fetch(path, { method: 'POST', body: fields, headers: { Accept: 'application/json' } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error.message);
    changed += told.changed;
    count(told.numbers);
    if (!told.left) return { ...told, changed };
    tell((words.step || '').replace('%(number)s', String(changed)));
    for (const [name, value] of Object.entries(told.more)) fields.set(name, /** @type {string} */ (value));
  }
}

const token = () => /** @type {HTMLInputElement} */ (document.querySelector('#many [name=csrfmiddlewaretoken]')).value;

/** @param {Record<string, string>} numbers */
function count(numbers) {
  for (const [tab, number] of Object.entries(numbers)) {
    const place = document.querySelector(`[data-number="${tab}"]`);
    if (place) place.textContent = number;
  }
}

/** Do one thing after the other; what goes wrong is said, and the list is as the server has it. */
function inTurn(/** @type {() => Promise<void>} */ act) {
  line = line.then(act).catch(async (failed) => {
    tell(failed instanceof TypeError || failed instanceof SyntaxError ? words.failed || '' : failed.message, '', true);
    await refresh().catch(() => {});
  });
  return line;
}

/** A verdict about what is selected, else about the comment that is looked at. @param {string} verdict */
function decide(verdict) {
  const now = current();
  const many = picked();
  const these = many.length ? many : now ? [now] : [];
  if (!these.length) return;
  const fields = new FormData();
  fields.set('verdict', verdict);
  const why = /** @type {HTMLInputElement | null} */ (one.querySelector('[name=why]'));
  fields.set('why', why ? why.value : '');
  for (const row of these) fields.append('item', item(row));
  const every = rows();
  const from = now ? every.indexOf(now) : 0;
  const next = [...every.slice(from), ...every.slice(0, from).reverse()].find((row) => !these.includes(row));
  for (const row of these) {
    near.delete(item(row));
    row.remove();
  }
  selected();
  show(next);
  inTurn(async () => {
    const told = await send('/moderate/do/decide', fields);
    if (told.batch) batches.push(told.batch);
    tell(told.message, told.batch);
    if (rows().length < FEW && (document.querySelector('[rel=next]') || !rows().length)) await refresh();
  });
}

/** Take back a batch; without a name the last one. */
function undo(batch = batches.at(-1) || /** @type {HTMLButtonElement | null} */ (said.querySelector('[name=batch]'))?.value || '') {
  if (!batch) return;
  if (batches.includes(batch)) batches.splice(batches.indexOf(batch), 1);
  const fields = new FormData();
  fields.set('batch', batch);
  inTurn(async () => {
    const told = await send('/moderate/do/undo', fields);
    tell(told.message);
    near.clear();
    await refresh();
  });
}

/** The list as the server has it now; the comment that is looked at stays if it is still there. */
async function refresh() {
  const answer = await fetch(here());
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const before = current();
  for (const part of ['.tabs', '#listed', '.filters', '.all']) {
    const old = document.querySelector(part);
    const fresh = page.querySelector(part);
    const isUsed = part !== '#listed' && (old?.hasAttribute('open') || old?.contains(document.activeElement));
    if (old && fresh && !isUsed) old.replaceWith(fresh);
  }
  selected();
  const same = before && rows().find((row) => item(row) === item(before));
  await show(same || rows()[0], { focus: !document.activeElement || document.activeElement === document.body });
}

function selected() {
  const number = picked().length;
  const place = /** @type {HTMLElement} */ (document.querySelector('.bar .chosen'));
  place.textContent = number ? (words.selected || '').replace('%(number)s', String(number)) : words.choose || '';
}

/** Any other form: sent, told, and the comment looked at anew. @param {HTMLFormElement} form @param {HTMLButtonElement | null} button */
function submit(form, button) {
  const fields = new FormData(form, button);
  inTurn(async () => {
    const told = await send(new URL(form.action).pathname, fields);
    if (told.batch) batches.push(told.batch);
    tell(told.message, told.batch);
    near.clear();
    await refresh();
  });
}

document.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (form.method !== 'post' || !form.action.includes('/moderate/do/')) return;
  event.preventDefault();
  if (form.id === 'many') picked().length && button && decide(button.value);
  else if ('decide' in form.dataset) button && alone(button.value);
  else if (form.action.endsWith('/undo')) undo(button?.value);
  else submit(form, button);
});

/** The buttons beside a comment are about it alone, whatever is selected. @param {string} verdict */
function alone(verdict) {
  for (const row of picked()) box(row).checked = false;
  decide(verdict);
}

document.addEventListener('click', (event) => {
  const link = /** @type {Element} */ (event.target).closest('a.open');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  show(/** @type {HTMLElement} */ (link.closest('.row')));
});
document.addEventListener('change', (event) => {
  const place = /** @type {Element} */ (event.target);
  if (place.matches('.pick input')) selected();
  if (place.matches('.filters select')) /** @type {HTMLSelectElement} */ (place).form?.requestSubmit();
});

const VERDICTS = { a: 'approve', s: 'spam', d: 'delete', h: 'hide', r: 'restore' };
/** @type {Record<string, () => void>} */
const keys = {
  j: () => move(1),
  k: () => move(-1),
  z: () => undo(),
  x: () => {
    const row = current();
    if (row) box(row).click();
  },
  e: () => open('e'),
  b: () => open('b'),
  '/': () => /** @type {HTMLElement} */ (document.querySelector('[name=q]')).focus(),
  '?': () => {
    const list = /** @type {HTMLDetailsElement} */ (document.getElementById('keys'));
    list.open = !list.open;
    list.scrollIntoView({ block: 'nearest' });
  },
};
for (const [key, verdict] of Object.entries(VERDICTS)) {
  keys[key] = () => {
    if (picked().length || isOffered(verdict)) decide(verdict);
  };
}

/** Whether the comment that the next key is about is the one that is seen, and this can be decided about it. @param {string} verdict */
function isOffered(verdict) {
  const row = current();
  const seen = /** @type {HTMLElement | null} */ (one.querySelector('.near'))?.dataset.item;
  return Boolean(row && seen === item(row) && one.querySelector(`[data-decide] [value=${verdict}]`));
}

/** @param {string} key */
function open(key) {
  const part = /** @type {HTMLDetailsElement | null} */ (one.querySelector(`details[data-key=${key}]`));
  if (!part) return;
  part.open = true;
  part.scrollIntoView({ block: 'nearest' });
  const first = /** @type {HTMLElement | null} */ (part.querySelector('textarea, input:not([type=hidden]):not([type=radio])'));
  first?.focus();
}

document.addEventListener('keydown', (event) => {
  const place = /** @type {Element} */ (event.target);
  if (event.key === 'Escape') /** @type {HTMLElement} */ (place).blur();
  if (event.ctrlKey || event.metaKey || event.altKey || place.matches('input:not([type=checkbox], [type=radio]), textarea, select')) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const begin = current() || rows()[0];
if (begin) show(begin, { focus: false });
