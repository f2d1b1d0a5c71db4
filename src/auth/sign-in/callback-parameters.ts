import type { CallbackParameters } from './types.js';

/** Printable ASCII (RFC 6749 appendix A), and far longer than any provider's; what is beyond is refused. */
const PRINTABLE = /^[\x20-\x7e]+$/;
const LIMITS = { state: 256, code: 6144, iss: 2048, error: 256 } as const;

/** Only for the log, cut there again: a long one must not keep a sign-in from ending. */
const DESCRIPTION_LENGTH = 1000;

/** The one value of `name`; undefined if absent; false if repeated (RFC 6749 §3.1) or nothing that a provider sends. */
function single(query: URLSearchParams, name: keyof typeof LIMITS): string | undefined | false {
  const values = query.getAll(name);
  const [value] = values;
  if (value === undefined) return undefined;
  return values.length === 1 && value.length <= LIMITS[name] && PRINTABLE.test(value) ? value : false;
}

/** What the authorization server sent back with the browser. Undefined: nothing that any sign-in could have got. */
export function callbackParameters(
  query: URLSearchParams,
): (CallbackParameters & { readonly state: string }) | undefined {
  const state = single(query, 'state');
  const code = single(query, 'code');
  const iss = single(query, 'iss');
  const error = single(query, 'error');
  const descriptions = query.getAll('error_description');
  if (state === undefined || state === false || code === false || iss === false || error === false)
    return undefined;
  if (descriptions.length > 1) return undefined;
  const [description] = descriptions;
  return {
    state,
    ...(code === undefined ? {} : { code }),
    ...(iss === undefined ? {} : { iss }),
    ...(error === undefined ? {} : { error }),
    ...(description === undefined ? {} : { errorDescription: description.slice(0, DESCRIPTION_LENGTH) }),
  };
}
