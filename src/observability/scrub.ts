import { withoutQuotes } from './quoted.js';

/** Names under which a secret could travel; a last net below the rule that none is passed in. */
const SECRET_NAMES =
  /^(access_?token|refresh_?token|id_?token|token|code|device_?code|user_?code|code_?verifier|verifier|state|client_?secret|secret|password|authorization|cookie|set-cookie|api_?key|x-api-key|key|digits|fields|values|browser|address)$/i;

/** What JSON leaves as it is, and what still moves a terminal's cursor, ends a line or turns the reading direction. */
const UNSEEN = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Query strings and fragments carry codes and states, our own paths and files ids; bearer values stand in headers and provider texts, passwords before the host of a URL. */
export function scrubText(text: string): string {
  return withoutQuotes(text)
    .replaceAll(UNSEEN, '\ufffd')
    .replaceAll(/(\b[a-z][\w+.-]*:\/\/)[^\s/@]+@/gi, '$1…@')
    .replaceAll(/(\bhttps?:\/\/[^\s"'<>?#]*)[?#][^\s"'<>]*/g, '$1?…')
    .replaceAll(/(\/(?:connect|key|webhooks\/\w+)\/)[\w-]{16,}/g, '$1…')
    .replaceAll(/(\/records\/[\w-]+\/)[^\s'"]+/g, '$1…')
    .replaceAll(/\b(Bearer|Basic|DPoP)\s+[\w~+/.=-]+/gi, '$1 …')
    .replaceAll(/(?<!\d)\d{5,}(?::|%3A)[\w-]{20,}/gi, '…')
    .replaceAll(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)*/g, '…');
}

/** Without the message, which stands first and may have any number of lines. */
function framesOf(stack: string): string {
  const frames = stack.split('\n').filter((line) => /^\s+at \S/.test(line));
  return scrubText(frames.slice(0, 7).join('\n'));
}

function scrubError(error: Error, depth: number): object {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause === undefined || depth > 4 ? {} : { cause: scrub(error.cause, depth + 1) };
  const stack = error.stack === undefined ? {} : { stack: framesOf(error.stack) };
  return { type: error.name, message: scrubText(error.message).slice(0, 500), ...code, ...cause, ...stack };
}

/** The same facts with everything secret taken out: by name, and by shape within texts. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value).slice(0, 2000);
  if (value instanceof Error) return scrubError(value, depth);
  if (value instanceof URL) return scrubText(value.href);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 6) return '…';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => scrub(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, scrubField(name, item, depth + 1)]),
  );
}

function scrubField(name: string, item: unknown, depth: number): unknown {
  if (SECRET_NAMES.test(name)) return '[redacted]';
  const scrubbed = scrub(item, depth);
  const why = name === 'failure' ? failureCode(item) : undefined;
  return why === undefined ? scrubbed : { ...Object(scrubbed), code: why };
}

/** `failure.code` is a word of ours (`timeout`, `blocked-address`); any other `code` may be an authorization code. */
function failureCode(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null || !('code' in failure)) return undefined;
  const { code } = failure;
  return typeof code === 'string' && /^[a-z]{2,12}(-[a-z]{2,12}){0,2}$/.test(code) ? code : undefined;
}
