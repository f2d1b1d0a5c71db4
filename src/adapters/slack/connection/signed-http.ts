import { createHmac, timingSafeEqual } from 'node:crypto';
import { membersOf, textOf } from '../../common/payload.js';
import type { Accepted } from '../incoming/inbox.js';

export interface SignedHttpParts {
  readonly signingSecret: string;
  /** Undefined: nothing is taken just now. */
  readonly take: (payload: unknown) => Accepted | undefined;
  readonly isOpen: () => boolean;
  readonly now: () => number;
}

const PATH = '/webhooks/slack';
/** docs.slack.dev/authentication/verifying-requests-from-slack: five minutes, here to both sides. */
const WITHIN_SECONDS = 300;

/** One address for commands, interactions and events. */
export function createSignedHttp(parts: SignedHttpParts) {
  const { signingSecret, take, isOpen, now } = parts;

  /** Checked before anything of it is read: over the bytes, because several of them can stand for the same text. */
  function isSigned(headers: Headers, body: Uint8Array): boolean {
    const timestamp = headers.get('x-slack-request-timestamp') ?? '';
    if (!/^\d{1,12}$/.test(timestamp)) return false;
    if (Math.abs(now() / 1000 - Number(timestamp)) > WITHIN_SECONDS) return false;
    const expected = createHmac('sha256', signingSecret)
      .update(`v0:${timestamp}:`)
      .update(body)
      .digest('hex');
    return same(headers.get('x-slack-signature') ?? '', `v0=${expected}`);
  }

  async function handle(request: Request): Promise<Response> {
    if (!new URL(request.url).pathname.endsWith(PATH)) return new Response(null, { status: 404 });
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { Allow: 'POST' } });
    const body = new Uint8Array(await request.arrayBuffer());
    if (!isSigned(request.headers, body)) return new Response(null, { status: 401 });
    const payload = readBody(request.headers.get('content-type') ?? '', new TextDecoder().decode(body));
    if (payload === undefined) return new Response(null, { status: 400 });
    const { type, challenge } = membersOf(payload);
    if (type === 'url_verification') return new Response(textOf(challenge) ?? '', { headers: TEXT });
    if (!isOpen()) return new Response(null, { status: 503, headers: { 'Retry-After': '5' } });
    const answer = await take(payload)?.ack;
    return answer === undefined ? new Response(null, { status: 200 }) : Response.json(answer);
  }

  return { path: PATH, audience: 'public', handle } as const;
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

/** In constant time, whatever its length. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', PATH).update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Commands are form fields, interactions JSON in one of them, events JSON. Undefined: none of these. */
function readBody(type: string, body: string): unknown {
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) return parsed(body);
  const fields = new URLSearchParams(body);
  const interaction = fields.get('payload');
  return interaction === null ? Object.fromEntries(fields) : parsed(interaction);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
