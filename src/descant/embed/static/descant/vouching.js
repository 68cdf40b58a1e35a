/** The site's own people: who reads, by its word, and the way to its sign-in. Fetched where a page speaks of them. */

import { call, find, note, token, vouched, words } from './calls.js';
import { dress } from './composer.js';
import { tell } from './host.js';
import { hasAccount, me } from './identity.js';

/**
 * Be whom the page around us says, or nobody by its word if it says so. What is refused is told, and harms nothing.
 * @param {{message?: string, key?: string, name?: string, url?: string, logout?: string, width?: number, height?: number}} site
 * @param {() => void} learn
 */
export async function believe(site, learn) {
  const before = token.get();
  me.leaves = Boolean(site.logout);
  if (site.url) openDoor(site);
  try {
    await signOn(site);
  } catch (refused) {
    if (!refused.passes) vouched.set(null);
    note(find('#told'), refused.message, refused.passes && (() => believe(site, learn)));
  }
  document.querySelectorAll('.composer').forEach(dress);
  if (vouched.get() || token.get() !== before) learn();
}

async function signOn({ message, key }) {
  if (!message || vouched.get()?.message === message) return;
  const granted = await call('sign_on', { message, key });
  vouched.set(granted.token ? { message, token: granted.token } : null);
}

/** Each box gets a button to the site's own sign-in; no picture of it, since the frame loads nothing from strangers. */
function openDoor(site) {
  me.door = (form) => {
    const button = find('.there', form) || knock(form, site);
    button.hidden = Boolean(form.purpose.edits) || hasAccount();
  };
}

function knock(form, site) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'there' });
  const name = Object.assign(document.createElement('bdi'), { textContent: site.name || new URL(site.url).host });
  const [before, after] = words.there.split('{site}');
  button.append(before, name, after);
  button.onclick = () => signInThere(site);
  find('[data-act=sign_in]', form).before(button);
  return button;
}

/** Open the site's window; once it is closed the page around us comes anew, with its message. */
function signInThere({ url, width = 480, height = 640 }) {
  const there = window.open(url, '_blank', `popup,width=${Number(width)},height=${Number(height)}`);
  const timer = setInterval(() => { if (there?.closed) tell('reload'); }, 500);
  setTimeout(clearInterval, 600000, timer);
}
