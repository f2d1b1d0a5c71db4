// @ts-check
/**
 * An element of the page that the server always sends.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no #${id}.`);
}

/**
 * A new element. Text is only ever set as text: whatever a server or provider sends stays words.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | undefined>} attributes those that are undefined are left out
 * @param {...(Node | string | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

const SHAPES = {
  ok: 'M6.500 12.500l3.500 3.500 7.500-8',
  failed: 'M8 8l8 8m0-8l-8 8',
  neutral: 'M7.500 12h9',
  attention: 'M12 7v6m0 4v.010',
  out: 'M9 6h9v9M18 6L7 17',
  plug: 'M9 4v5m6-5v5M6.500 9h11v3a5.500 5.500 0 0 1-11 0zM12 17.500V21',
};

/**
 * A drawing that carries no meaning of its own.
 * @param {keyof typeof SHAPES} shape
 */
export function glyph(shape) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'glyph');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', SHAPES[shape]);
  svg.append(path);
  return svg;
}

/** Letters for one press of a key or button, so that a request sent twice runs once. */
export function randomId() {
  // Not randomUUID: browsers keep it from pages on plain http beyond loopback.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
