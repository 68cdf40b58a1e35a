/** The site's own people: who reads, by its word, and the way to its sign-in. Fetched where a page speaks of them. */

import { call, find, note, token, vouched, words } from './calls.js';
import { dress } from './composer.js';
import { tell } from './host.js';
import { hasAccount, me } from './identity.js';

/**
 * Be whom the page around us says, or nobody by its word if it says so, or nothing at all. What is refused is told, and harms nothing.
 * @param {{page: string, message?: string, key?: string, name?: string, url?: string, logout?: string, width?: number, height?: number}} site
 * @param {() => void} learn
 */
export async function believe(site, learn) {
  const before = token.get();
  me.door = (form) => dressDoor(form, site, addressOf(site));
  try {
    await signOn(site);
  } catch (refused) {
    if (!refused.passes) vouched.set(null);
    note(find('#told'), refused.message, refused.passes && (() => believe(site, learn)));
  }
  document.querySelectorAll('.composer').forEach(dress);
  if (vouched.get() || token.get() !== before) learn();
}

/** Where the site's people sign in: an address of the web, and nothing that would run here. */
function addressOf({ url, page }) {
  try {
    const address = new URL(url, page);
    return url && /^https?:$/.test(address.protocol) ? address : null;
  } catch {
    return null;
  }
}

async function signOn({ message, key }) {
  if (!message) vouched.set(null); // as by a message about nobody
  if (!message || vouched.get()?.message === message) return;
  const granted = await call('sign_on', { message, key });
  vouched.set(granted.token ? { message, token: granted.token } : null);
}

/** Her site's own sign-in stands beside ours, without its picture: the frame loads nothing from strangers. */
function dressDoor(form, site, address) {
  find('[data-act=sign_out]', form).hidden = vouched.get() && !site.logout;
  if (!address) return;
  const button = find('.there', form) || knock(form, site, address);
  button.hidden = Boolean(form.purpose.edits) || hasAccount();
}

function knock(form, site, address) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'there' });
  const name = Object.assign(document.createElement('bdi'), { textContent: site.name || address.host });
  const [before, after] = words.there.split('{site}');
  button.append(before, name, after);
  button.onclick = () => signInThere(site, address);
  find('[data-act=sign_in]', form).before(button);
  return button;
}

/** Open the site's window; once it is closed the page around us comes anew, with its message. */
function signInThere({ width = 480, height = 640 }, address) {
  const there = window.open(address, '_blank', `popup,width=${Number(width)},height=${Number(height)}`);
  const timer = setInterval(() => { if (there?.closed) tell('reload'); }, 500);
  setTimeout(clearInterval, 600000, timer);
}
