import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { keepTrying } from '../../common/keep-trying.js';
import { membersOf } from '../../common/payload.js';
import type { Callback } from '../types.js';
import { type Application, readApplication } from './application.js';
import type { Transport, TransportParts } from './transport.js';

/** What an operator gives as Interactions Endpoint URL, behind the public one. */
const PATH = '/webhooks/discord';
const SIGNATURE = /^[0-9a-f]{128}$/i;
const PUBLIC_KEY = /^[0-9a-f]{64}$/i;
/** Of DER, before the 32 bytes of an Ed25519 key (RFC 8410 §4). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
/** To both sides: a recorded request is worth nothing later, and none can be made for later (threat 14). */
const FRESH_SECONDS = 300;
const PING = 1;

export interface InteractionsUrlParts extends TransportParts {
  /** Takes an interaction. What comes back is its first answer; undefined: that goes its own way. */
  readonly interaction: (payload: unknown) => Promise<Callback | undefined>;
  readonly now: () => number;
}

/** Signed interactions over HTTP, on any number of machines behind one public URL. */
export function createInteractionsUrl(parts: InteractionsUrlParts): Transport {
  const { api, reach, connected, now } = parts;
  const ending = new AbortController();
  let key: KeyObject | undefined;

  async function learn(): Promise<void> {
    const application: Application = await readApplication(api);
    key = publicKey(application.publicKey);
    connected(application);
    reach.works();
  }

  async function handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!pathname.endsWith(PATH)) return new Response(null, { status: 404 });
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { Allow: 'POST' } });
    if (key === undefined || ending.signal.aborted)
      return new Response(null, { status: 503, headers: { 'Retry-After': '5' } });
    const body = Buffer.from(await request.arrayBuffer());
    if (!isGenuine(request.headers, body, key, now())) return new Response(null, { status: 401 });
    return answerTo(body);
  }

  async function answerTo(body: Buffer): Promise<Response> {
    const payload = readJson(body);
    if (payload === undefined) return new Response(null, { status: 400 });
    if (membersOf(payload).type === PING) return Response.json({ type: PING });
    const callback = await parts.interaction(payload);
    // "If you send this request for an interaction received over HTTP, respond with a 202 and no body."
    return callback === undefined ? new Response(null, { status: 202 }) : Response.json(callback);
  }

  return {
    start() {
      void keepTrying(
        learn,
        (error) => reach.failed('the application could not be asked for', error),
        ending.signal,
      );
    },
    async stop() {
      ending.abort();
    },
    http: { path: PATH, audience: 'public', handle },
  };
}

function publicKey(hex: string): KeyObject {
  if (!PUBLIC_KEY.test(hex)) throw new Error('Discord told a public key that is none.');
  const der = Buffer.concat([ED25519_SPKI, Buffer.from(hex, 'hex')]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** Ed25519 over the timestamp and the body as it came. */
function isGenuine(headers: Headers, body: Buffer, key: KeyObject, nowMs: number): boolean {
  const signature = headers.get('x-signature-ed25519') ?? '';
  const timestamp = headers.get('x-signature-timestamp') ?? '';
  if (!SIGNATURE.test(signature) || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > FRESH_SECONDS) return false;
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  return verify(null, signed, key, Buffer.from(signature, 'hex'));
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
