import fc from 'fast-check';
import type { Scripted } from './scripted-server.js';

/** In every text that a peer makes up, so that it can be looked for where people read. Never in a host: hosts are shown. */
export const MARK = 'zxmarkzx';

/** Where a peer may point: its own origin, places that the guard refuses, and one public address that it allows. */
export const PUBLIC_ADDRESS = '8.8.8.8';

/** What an answer is made of: a status, a type, more headers, and bytes. */
export interface OddAnswer {
  readonly status: number;
  readonly type: string | undefined;
  readonly location: string | undefined;
  readonly body: string | Uint8Array;
}

/** Names in URLs here are literals and `.localhost` alone: nothing may be looked up beyond this machine. */
export function oddUrl(origin: string, victim: string): fc.Arbitrary<string> {
  const places = [
    origin,
    victim,
    origin.replace('http:', 'https:'),
    `https://${PUBLIC_ADDRESS}`,
    `http://${PUBLIC_ADDRESS}`,
    'https://169.254.169.254',
    'http://10.0.0.1',
    'https://[fd00:ec2::254]',
    'https://0.0.0.0',
    'http://user:pass@127.0.0.1:1',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    '//',
    'http://',
    'https://[',
    '',
  ];
  const path = fc.constantFrom(
    '',
    '/',
    `/${MARK}`,
    '/mcp',
    '/authorize?a=b',
    `/x#${MARK}`,
    '/%zz',
    '/\u202e',
  );
  const urls = fc.tuple(fc.constantFrom(...places), path).map((parts) => parts.join(''));
  // `http:///x` names the host x.
  return urls.filter((url) => !URL.canParse(url) || !new URL(url).host.includes(MARK));
}

const oddText = fc.oneof(
  fc.constantFrom(
    MARK,
    `<script>${MARK}</script>`,
    `@everyone ${MARK}`,
    `${MARK}\n${MARK}`,
    `\u001b[2J${MARK}`,
    '',
    ' ',
    `${MARK}`.repeat(900),
    '__proto__',
    'constructor',
    'invalid_grant',
    '-1',
    '1e999',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `${text}${MARK}`),
);

/** Any JSON value, of text and URLs that say who made them. */
export function oddValue(origin: string, victim: string): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    oddText,
    oddUrl(origin, victim),
    fc.constantFrom(null, true, false, 0, -1, 1e308, Number.MAX_SAFE_INTEGER, 0.5),
    fc.integer(),
  );
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: fc.array(leaf, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('a', '__proto__', MARK), leaf, { maxKeys: 3 }) },
  );
}

/** A good document with some members replaced, left out or added. */
function changed(good: Readonly<Record<string, unknown>>, value: fc.Arbitrary<unknown>, most: number) {
  const edit = fc.tuple(
    fc.constantFrom(...Object.keys(good), MARK, '__proto__'),
    fc.option(value, { nil: undefined }),
  );
  return fc
    .array(edit, { maxLength: most })
    .map((edits) => JSON.stringify({ ...good, ...Object.fromEntries(edits) }));
}

const RAW: readonly (string | Uint8Array)[] = [
  '',
  'null',
  '[]',
  '"zxmarkzx"',
  '42',
  '{',
  `{"a":"${MARK}`,
  `<!doctype html><title>${MARK}</title>`,
  '['.repeat(20_000),
  '\ufeff{}',
  '{"__proto__":{"issuer":"x"}}',
  new Uint8Array([0xff, 0xfe, 0x7b, 0x00]),
  new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  `error=${MARK}&access_token=${MARK}`,
];

const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'text/html',
  'text/event-stream',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  ';;;',
  undefined,
];

/** Mostly a document that is nearly good, so that what comes after the first check is met too. */
export function oddAnswer(
  good: Readonly<Record<string, unknown>>,
  { origin, victim, goodStatus = 200 }: { origin: string; victim: string; goodStatus?: number },
): fc.Arbitrary<OddAnswer> {
  const value = oddValue(origin, victim);
  const plain = <T>(most: T, others: readonly T[]) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(most) },
      { weight: 1, arbitrary: fc.constantFrom(...others) },
    );
  return fc.record({
    status: plain(goodStatus, [200, 201, 204, 206, 302, 307, 400, 401, 403, 404, 418, 429, 500, 503, 599]),
    type: plain('application/json' as string | undefined, TYPES),
    location: plain(undefined as string | undefined, [`/${MARK}`, victim, 'http://[', `${origin}/mcp`, '\\']),
    body: fc.oneof(
      { weight: 2, arbitrary: fc.constant(JSON.stringify(good)) },
      { weight: 8, arbitrary: changed(good, value, 3) },
      { weight: 1, arbitrary: value.map((one) => JSON.stringify(one)) },
      { weight: 2, arbitrary: fc.constantFrom(...RAW) },
    ),
  });
}

/** Says it on the wire. */
export const saying =
  ({ status, type, location, body }: OddAnswer): Scripted =>
  (_request, response) => {
    response.writeHead(status, {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(location === undefined ? {} : { location }),
    });
    response.end(body);
  };
