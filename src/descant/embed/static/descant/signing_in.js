/** Signing in by our own window. Fetched when a box is opened, to be there before anybody presses the button. */

import { call, here } from './calls.js';
import { become, randomHex } from './identity.js';

/**
 * Open our sign-in window, in the click itself, and collect the token that it grants. The window gets the secret's
 * digest; only the secret collects. The window's handle is not needed: the page around us may sever it.
 * @returns {{address: string, stop: () => void, granted: Promise<boolean>}}
 */
export function signIn() {
  const secret = randomHex(32);
  const address = `${here.signIn}&challenge=${sha256(secret)}`;
  window.open(address, '_blank', 'popup,width=480,height=640');
  const waiting = { over: false };
  return { address, stop: () => { waiting.over = true; }, granted: collect(secret, waiting) };
}

/** Ask every two seconds, for ten minutes at most. */
async function collect(secret, waiting) {
  for (let turn = 0; turn < 300; turn += 1) {
    await pause(2);
    if (waiting.over) break;
    const answer = await call('collect', { secret }).catch((refused) => refused);
    if (answer.after) await pause(answer.after);
    if (!answer.token) continue;
    become(answer);
    return true;
  }
  return false;
}

const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

/**
 * SHA-256 of a text in ASCII (FIPS 180-4), in hex. `crypto.subtle` is missing under plain HTTP, and answers too late
 * for a window that must open in the click.
 */
export function sha256(text) {
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
  const k = primes.map((prime) => fraction(Math.cbrt(prime)));
  const sum = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  const block = new Uint32Array(((text.length + 8) >> 6) * 16 + 16);
  for (let i = 0; i <= text.length; i += 1) block[i >> 2] |= (text.charCodeAt(i) || 0x80) << (24 - (i % 4) * 8);
  block[block.length - 1] = text.length * 8;
  for (let at = 0; at < block.length; at += 16) compress(sum, [...block.subarray(at, at + 16)], k);
  return sum.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function compress(sum, w, k) {
  let [a, b, c, d, e, f, g, h] = sum;
  for (let i = 0; i < 64; i += 1) {
    const [x, y] = [w[i - 15], w[i - 2]];
    if (i > 15) w[i] = (w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
    const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => { sum[i] = (sum[i] + word) | 0; });
}

const turn = (word, by) => (word >>> by) | (word << (32 - by));

const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
