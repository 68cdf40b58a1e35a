/** The box to write in: drafts, Markdown buttons, preview, and a comment's way to the server. */

import { call, counted, find, here, made, note, Refused, say, store, token, words } from './calls.js';
import { tell } from './host.js';
import { hasAccount, me, randomHex, signOut } from './identity.js';
import { articleOf, countComments, countReplies, lineFrom, lineOf, redraw, stand } from './lines.js';

const draftOf = ({ parent, edits }) => `draft:${here.forum}:${here.thread.identifier || here.thread.url}:${edits ? `e${edits}` : parent || ''}`;

/**
 * Open the box in a place, with its draft. A draft keeps its key: sending it twice is harmless.
 * @param {any} place @param {{parent?: string|null, edits?: string}} purpose answer `parent`, or edit a comment
 */
export function openBox(place, purpose, text = '') {
  const form = find(':scope > .composer', place) || made('composer');
  if (!form.purpose) {
    const draft = store.get(draftOf(purpose));
    Object.assign(form, { purpose, draftKey: draft?.key || randomHex(16), opener: document.activeElement });
    form.text.value = draft?.text || text;
    if (purpose.edits) find('[type=submit]', form).textContent = words.save;
    form.oninput = () => { keep(form); offerMail(form); };
    form.onkeydown = (event) => hotkey(form, event);
    form.onsubmit = () => submit(form);
    import('./signing_in.js').catch(() => {}); // it is asked for again in the click
    place.append(form);
    place.classList.add(purpose.edits ? 'editing' : 'writing');
    dress(form);
  }
  form.text.focus();
  return form;
}

export const openMain = () => openBox(find('#write'), { parent: null });

/** After a reload the draft is open again, but takes no focus. */
export function restoreDraft() {
  if (find('.begin')?.offsetParent && store.get(draftOf({}))) {
    openMain();
    document.activeElement.blur();
  }
}

export function dress(form) {
  const edits = Boolean(form.purpose.edits);
  const guest = store.get('guest');
  find('.guest', form).hidden = edits || hasAccount() || !here.guests;
  find('.as', form).hidden = edits || !hasAccount();
  find('[data-act=sign_in]', form).hidden = edits || hasAccount();
  me.door(form);
  find('bdi', form).textContent = me.person?.name || '';
  form.name.value ||= guest?.name || '';
  form.email.value ||= guest?.email || '';
  offerMail(form);
}

/** Mail needs an address. */
function offerMail(form) {
  form.mail.parentElement.hidden = !form.email.value.trim();
}

export const boxActs = {
  cancel({ form }) {
    store.set(draftOf(form.purpose), null);
    close(form);
    form.opener.focus();
  },
  async preview(button) {
    const { form } = button;
    const preview = find('.preview', form);
    const show = preview.hidden;
    try {
      if (show) preview.innerHTML = (await call('preview', { text: form.text.value })).html;
    } catch (refused) {
      return note(form, refused.message);
    }
    button.ariaPressed = show;
    preview.hidden = !show;
    form.text.hidden = show;
    return (show ? preview : form.text).focus();
  },
  async sign_in({ form }) {
    const { signIn } = await import('./signing_in.js').catch(() => note(form, words.offline));
    if (!signIn) return;
    const { address, stop, granted } = signIn();
    form.stopSigning?.();
    form.stopSigning = stop;
    const line = note(form, words.signing, () => {});
    find('button', line).outerHTML = made('door').outerHTML;
    find('a', line).href = address;
    line.classList.add('calm');
    if (!await granted) return;
    line.remove();
    say(words.signed);
    document.dispatchEvent(new Event('ours'));
  },
  sign_out: () => signOut(),
};

function close(form) {
  form.stopSigning?.();
  form.parentElement.classList.remove('writing', 'editing');
  form.remove();
}

function keep(form) {
  const text = form.text.value;
  store.set(draftOf(form.purpose), text.trim() ? { text, key: form.draftKey } : null);
}

function hotkey(form, event) {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  if (event.key === 'Escape' && !form.text.value.trim()) boxActs.cancel({ form });
}

/** Put Markdown around what is selected. */
export function mark(form, sign) {
  const box = form.text;
  const start = box.selectionStart;
  const chosen = box.value.slice(start, box.selectionEnd);
  const fence = chosen.includes('\n') ? ['```\n', '\n```'] : ['`', '`'];
  const [before, after] = { '`': fence, '](': ['[', '](https://)'], '> ': ['> ', ''] }[sign] || [sign, sign];
  const inside = sign === '> ' ? chosen.replaceAll('\n', '\n> ') : chosen;
  box.focus();
  // The old command is the only way that leaves the writer her "undo".
  document.execCommand('insertText', false, before + inside + after);
  box.setSelectionRange(start + before.length, start + before.length + inside.length);
  keep(form);
}

function submit(form) {
  const lack = missing(form);
  if (lack) {
    note(form, lack);
    (lack === words.nameless ? form.name : form.text).focus();
  } else if (form.purpose.edits) {
    saveEdit(form);
  } else {
    send(form);
  }
  return false;
}

function missing(form) {
  const text = form.text.value.trim();
  const over = [...text].length - here.longest;
  if (!text) return words.nothing;
  if (over > 0) return counted('long', over);
  if (form.purpose.edits || hasAccount()) return '';
  if (!here.guests) return words.strangers;
  return form.name.value.trim() ? '' : words.nameless;
}

async function saveEdit(form) {
  try {
    const answer = await call('edit', { comment: form.purpose.edits, text: form.text.value });
    const line = form.closest('.line');
    store.set(draftOf(form.purpose), null);
    redraw(line, answer.html).focus();
    countComments(answer.count);
    if (answer.state !== 'shown') showHeld(line, answer.reasons);
  } catch (refused) {
    note(form, refused.message);
  }
}

/** Show the comment at once, greyed, and send it. */
function send(form) {
  const guest = hasAccount() ? null : { name: form.name.value.trim(), email: form.email.value.trim() };
  const mail = Boolean(guest?.email) && form.mail.checked;
  const comment = { parent: form.purpose.parent, text: form.text.value, key: form.draftKey, mail, ...guest };
  const line = made('pending');
  find('bdi', line).textContent = (guest || me.person).name;
  find('.text', line).textContent = comment.text;
  if (guest) store.set('guest', guest);
  stand(line, lineOf(comment.parent));
  close(form);
  tell('before');
  articleOf(line).focus();
  deliver(line, comment);
}

async function deliver(line, comment) {
  const when = find('.when', line);
  const slow = setTimeout(() => { when.textContent = words.still; }, 6000);
  line.classList.remove('failed');
  try {
    arrive(line, comment, await call('post', { thread: here.thread, ...comment }));
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    line.classList.add('failed');
    if (refused.passes) note(articleOf(line), refused.message, () => deliver(line, comment));
    else giveBack(line, comment.parent, refused);
  } finally {
    clearTimeout(slow);
  }
}

/** The server has it: the real line takes the place of the grey one. */
function arrive(line, comment, answer) {
  const real = lineOf(answer.id) || lineFrom(answer.html);
  const isShown = answer.state === 'shown';
  line.replaceWith(real);
  store.set(draftOf(comment), null);
  if (answer.token) token.set(answer.token);
  me.own[answer.id] = Date.now() + answer.seconds * 1000;
  if (isShown) {
    countReplies(lineOf(comment.parent));
    countComments(answer.count);
    tell('comment', { id: answer.id, text: comment.text });
  } else {
    showHeld(real, answer.reasons);
  }
  document.dispatchEvent(new Event('ours'));
  articleOf(real).focus({ preventScroll: true });
  say(isShown ? words.posted : words.held);
}

/** Say under a comment why it waits, and what happens next. */
export function showHeld(line, reasons = [], sentence = words.held) {
  line.classList.add('held');
  note(articleOf(line), [...reasons, sentence].join(' ')).classList.add('calm');
}

/** It will not work like this: the text goes back into its box, with the reason. */
function giveBack(line, parent, refused) {
  line.remove();
  note(parent ? openBox(articleOf(lineOf(parent)), { parent }) : openMain(), refused.message);
}
