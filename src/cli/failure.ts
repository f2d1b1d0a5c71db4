import { scrubText } from '../observability/scrub.js';
import { StoreError } from '../storage/types.js';

/** What ends a verb with a sentence instead of an answer. */
export class VerbError extends Error {
  override readonly name = 'VerbError';
  constructor(
    message: string,
    /** 1: failed. 2: bad usage or config. */
    readonly exitCode: 1 | 2,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Says on standard error what happened; gives the exit code. */
export function reportFailure(error: unknown): number {
  process.stderr.write(`${failureSentence(error, Boolean(process.env.DEBUG))}\n`);
  if (error instanceof VerbError) return error.exitCode;
  return error instanceof StoreError && error.code === 'store_misconfigured' ? 2 : 1;
}

/** Errors that somebody planned have a code of ours (`port_taken`) and say what to do; of the others the stack helps, without what looks secret in it. */
export function failureSentence(error: unknown, withStack: boolean): string {
  if (!(error instanceof Error)) return `Failed: ${scrubText(String(error))}`;
  const planned = error instanceof VerbError || ('code' in error && /^[a-z_]+$/.test(String(error.code)));
  if (planned) return error.message;
  if (withStack) return `Failed: ${scrubText(error.stack ?? error.message)}`;
  return `Failed: ${scrubText(error.message)} (DEBUG=1 shows where.)`;
}
