import { errorCode } from '../file-failure.js';
import { shownUrl } from '../server-url.js';
import { StoreError } from '../types.js';

/** By what the answer begins with, or by the system's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  OOM: 'Its memory is full (maxmemory): give it more. Nothing that it keeps was lost.',
  READONLY: 'It is a replica: name the primary in `storage`.',
  MISCONF: 'It cannot write to its disk: free some space there, or look at its log.',
  NOREPLICAS: 'It has too few replicas to write (min-replicas-to-write): bring them back.',
  LOADING: 'It is still loading its data: try again in a moment.',
  MASTERDOWN: 'It is a replica without its primary: name the primary in `storage`.',
  WRONGPASS: 'It refused the user or password: check those in `storage`.',
  NOAUTH: 'It wants a password: write redis://:PASSWORD@… in `storage`.',
  NOPERM: 'Its user may not: let it run all commands on the keys and the channel with the prefix.',
  ECONNREFUSED: 'Is it running, and is this its address?',
  ENOTFOUND: 'There is no such host: check the address in `storage`.',
  ETIMEDOUT: 'Is it running, and does a firewall let us through?',
  ECONNRESET: 'It broke off the connection: does it want TLS (rediss://)?',
};
const DEFAULT_REMEDY = 'Check that it is running and can be reached.';

/** Without an answer to quote. */
export class RedisSilentError extends Error {
  override readonly name = 'RedisSilentError';
}

export function unavailable(why: string, cause?: unknown): RedisSilentError {
  return new RedisSilentError(why, { cause });
}

/** What Redis refused, or that it cannot be reached, as a StoreError with the remedy. No part of it is a secret. */
export async function inRedis<T>(url: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError || isBug(error)) throw error;
    const { reason, code } = reasonOf(error);
    const remedy = REMEDIES[code] ?? DEFAULT_REMEDY;
    const message = `Could not ${doing} in Redis at ${shownUrl(url)} (${reason}). ${remedy}`;
    throw new StoreError('store_unavailable', message, { cause: error });
  }
}

function isBug(error: unknown): boolean {
  return !(error instanceof Error) || error instanceof TypeError || error instanceof RangeError;
}

/** Answers of Redis begin with a word in capitals; the rest may be long. What we send is sealed, all but keys. */
function reasonOf(error: unknown): { readonly reason: string; readonly code: string } {
  if (error instanceof RedisSilentError) {
    const cause = error.cause === undefined ? undefined : reasonOf(error.cause);
    return { reason: cause?.reason ?? error.message, code: cause?.code ?? '' };
  }
  const code = errorCode(error) ?? /^[A-Z]{2,}(?= )/.exec(String((error as Error).message))?.[0];
  if (code === 'ERR') return { reason: (error as Error).message.slice(0, 120), code };
  if (code !== undefined) return { reason: code, code };
  return { reason: 'the connection was lost', code: '' };
}
