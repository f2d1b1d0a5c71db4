import { errorCode } from '../file-failure.js';
import { shownUrl } from '../server-url.js';
import { StoreError, type StoreErrorCode } from '../types.js';

/** By SQLSTATE (PostgreSQL, appendix A) or its class, or by the system's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  '25006': 'It is read-only: name the primary in `storage`, or let it write again.',
  '28P01': 'It refused the user or password: check those in `storage`.',
  '28000': 'It does not let this user in: check pg_hba.conf and the user in `storage`.',
  '3D000': 'There is no such database: create it, or name another in `storage`.',
  '42501':
    'Its user may not: let it own the tables, or grant it CREATE on the schema for the first start (GRANT CREATE ON SCHEMA public TO …).',
  '57014': 'It took too long: look at its load, and at what it waits for.',
  '53': 'It is short of disk, memory or connections: free some.',
  '57': 'It is being stopped or started: try again in a moment.',
  '08': 'The connection was lost.',
  ECONNREFUSED: 'Is it running, and is this its address?',
  ENOTFOUND: 'There is no such host: check the address in `storage`.',
  ETIMEDOUT: 'Is it running, and does a firewall let us through?',
};
const DEFAULT_REMEDY = 'Check that it is running and can be reached.';
const TOO_MANY_CONNECTIONS = '53300';

/** What PostgreSQL refused, or that it cannot be reached, as a StoreError with the remedy. No part of it is a secret. */
export async function inPostgres<T>(url: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError || isBug(error)) throw error;
    const code = errorCode(error);
    const remedy = REMEDIES[code ?? ''] ?? REMEDIES[code?.slice(0, 2) ?? ''] ?? DEFAULT_REMEDY;
    const message = `Could not ${doing} in PostgreSQL at ${shownUrl(url)} (${code ?? reasonOf(error)}). ${remedy}`;
    throw new StoreError(kindOf(code), message, { cause: error });
  }
}

/** Errors of the package have no code. */
function reasonOf(error: unknown): string {
  return error instanceof Error && /timeout/i.test(error.message)
    ? 'it did not answer in time'
    : 'the connection was lost';
}

function kindOf(code: string | undefined): StoreErrorCode {
  return code === TOO_MANY_CONNECTIONS ? 'store_busy' : 'store_unavailable';
}

function isBug(error: unknown): boolean {
  return !(error instanceof Error) || error instanceof TypeError || error instanceof RangeError;
}

/** The server is there and will not have us: waiting does not help. */
export function isRefusal(error: unknown): boolean {
  return /^(28|3D|42)/.test(errorCode(error) ?? '');
}
