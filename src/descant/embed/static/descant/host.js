/** The frame and the page around it: its colours and font, our height, messages both ways. */

const root = document.documentElement;
const given = new URLSearchParams(location.hash.slice(1));
const origin = given.get('origin');

/** Tell the page around us. @param {string} type @param {object} more */
export function tell(type, more = {}) {
  if (origin && parent !== window) parent.postMessage({ descant: 1, type, ...more }, origin);
}

/** Hear the page around us. @param {(message: any) => void} listener */
export function hear(listener) {
  addEventListener('message', ({ source, origin: from, data }) => {
    if (source === parent && from === origin && data?.descant === 1) listener(data);
  });
}

const ours = (root.dataset.look || '').replace('accent', 'accent link');
let told = 0;
wearLook();
new ResizeObserver(tellHeight).observe(root);

/** What the page says; where it says nothing itself and the forum has a look, nothing. */
function wish(name) {
  return ours.includes(name) && !(given.get('said') || '').includes(name) ? '' : given.get(name);
}

/** Take over scheme, font and colours: no colour that could not be read on its ground. */
function wearLook() {
  const scheme = given.get('scheme');
  const font = wish('font') || '';
  root.classList.toggle('alone', parent === window);
  if (scheme === 'light' || scheme === 'dark') root.dataset.scheme = scheme;
  if (/^[\w\s"',-]{1,200}$/.test(font)) root.style.setProperty('--font', font);
  const [background, colour] = ['background', 'text'].map((name) => rgb(wish(name)));
  const ground = background || rgb('var(--ground)');
  const text = colour || rgb('var(--text)');
  const rich = contrast(text, ground) / 10; // below 1 nothing paler than the text itself is safe
  if (rich < 0.45) return;
  if (background || colour) {
    wear('ground', ground);
    wear('text', text);
    wear('surface', mix(text, ground, 0.05));
    wear('muted', mix(text, ground, rich < 1 ? 1 : 0.74));
    wear('line', mix(text, ground, rich < 1 ? 0.8 : 0.56));
  }
  const accents = [wish('accent'), wish('link'), ours.includes('accent') && 'var(--accent)', given.get('link')];
  const accent = accents.map(rgb).find((each) => each && contrast(each, ground) >= 4.5);
  if (!accent) return;
  const [white, black] = [[255, 255, 255], [0, 0, 0]];
  wear('accent', accent);
  wear('on', contrast(white, accent) >= 4.5 ? white : black);
}

/** Say the height once per change. Before asking to scroll it must have been said, else there is no room yet. */
export function tellHeight() {
  const height = Math.ceil(root.getBoundingClientRect().height);
  if (height !== told) tell('height', { height: told = height });
}

function wear(name, colour) {
  root.style.setProperty(`--${name}`, `rgb(${colour.map(Math.round)})`);
}

/** Read an opaque colour. @returns {number[]|undefined} */
function rgb(css) {
  if (!css || !CSS.supports('color', css)) return undefined;
  root.style.color = css;
  const shown = getComputedStyle(root).color;
  root.style.color = '';
  return /^rgb\(/.test(shown) ? shown.match(/\d+/g).map(Number) : undefined;
}

function mix(above, below, share) {
  return above.map((value, i) => value * share + below[i] * (1 - share));
}

/** The contrast ratio of WCAG 2. */
function contrast(one, other) {
  const [dark, light] = [one, other].map(luminance).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.map((value) => (value < 11 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
