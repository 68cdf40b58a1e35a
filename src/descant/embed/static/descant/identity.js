/** Who writes here: a guest, someone signed in, or nobody yet. */

import { call, token, vouched } from './calls.js';
import { tell } from './host.js';

/** What the server said about us; `own` holds until when (ms) a comment of ours may be edited. */
export const me = {
  /** @type {{id: string, name: string, kind: 'guest'|'account', moderator: boolean}|null} */
  person: null,
  own: {},
  moderates: false,
  /** Dresses a box for the site's own people, where the page around us speaks of them. @param {any} form */
  door: (form) => {},
};

export const hasAccount = () => me.person?.kind === 'account';

/** A guest gets her identity when she first votes. */
export async function beSomebody() {
  if (!token.get()) become(await call('guest'));
}

export async function signOut() {
  const isVouched = vouched.get();
  await call('sign_out').catch(() => {});
  token.set(null);
  if (isVouched) tell('logout');
  else location.reload();
}

export function become(granted) {
  token.set(granted.token);
  me.person = granted.person;
}

export function randomHex(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
