import { withoutEchoes } from './echoes.js';
import type { Hop } from './redirects.js';

/** What is secret in the form of a request to a provider. */
const SECRET_FIELDS = [
  'code',
  'code_verifier',
  'refresh_token',
  'token',
  'client_secret',
  'client_assertion',
  'device_code',
];

/** RFC 7617: both parts; a client's are form-encoded first (RFC 6749 §2.3.1). */
function secretsOfBasic(encoded: string): readonly string[] {
  const secret = Buffer.from(encoded, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
  return [encoded, secret, formDecoded(secret)];
}

const formDecoded = (text: string): string => new URLSearchParams(`s=${text}`).get('s') ?? text;

function secretsIn({ headers, body }: Hop): readonly string[] {
  const authorization = headers.get('authorization') ?? '';
  const basic = /^Basic (\S+)$/i.exec(authorization)?.[1];
  const form =
    typeof body === 'string' || body instanceof URLSearchParams ? new URLSearchParams(body) : undefined;
  const fields = SECRET_FIELDS.flatMap((name) => form?.get(name) ?? []);
  return [...fields, ...(basic === undefined ? [] : secretsOfBasic(basic))];
}

/** RFC 6749 §5.1: it holds tokens, which may be those that were sent. GitHub answers errors with 200. */
function isGranted(status: number, text: string): boolean {
  if (status < 200 || status > 299) return false;
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null && !('error' in answer);
  } catch {
    return text === '';
  }
}

/** A provider's refusal without what was sent: its words go into logs and to people. */
export function withoutSent(
  hop: Hop,
  status: number,
  body: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (hop.method !== 'POST') return body;
  const secrets = secretsIn(hop);
  const text = new TextDecoder().decode(body);
  if (secrets.length === 0 || isGranted(status, text)) return body;
  return new TextEncoder().encode(withoutEchoes(text, secrets));
}
