import type { Readable } from 'node:stream';
import type { ImportOutcome } from '../auth/credentials/credential-import.js';
import type { CredentialKey } from '../auth/types.js';
import { failureSentence } from '../gateway/wording.js';
import { type OwnerOptions, ownerOf, withCredentials } from './credentials.js';
import { VerbError } from './failure.js';
import { say } from './terminal.js';

/** Far beyond any credential; what is longer is another file. */
const MOST_BYTES = 64 * 1024;

/** Puts the tokens on standard input in place of what is held. */
export function importCredentials(options: OwnerOptions, input: Readable = process.stdin): Promise<number> {
  return withCredentials(options, async ({ desk, settings }) => {
    const { key, server } = ownerOf(options, settings);
    const outcome = await desk.import(key, server, await readAll(input));
    if (outcome.kind !== 'imported') throw refusal(outcome, key);
    say(`Imported for ${key.subject}: ${key.server}. ${whatNext(outcome)}`);
    return 0;
  });
}

async function readAll(input: Readable): Promise<string> {
  if ('isTTY' in input && input.isTTY === true) say('Paste the JSON, then press Enter and Ctrl-D.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MOST_BYTES)
      throw new VerbError('The input is longer than 64 KiB: that is no credential. Nothing was changed.', 2);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function whatNext({ refreshable, renewsFirst }: Extract<ImportOutcome, { kind: 'imported' }>): string {
  if (renewsFirst) return 'When it expires is not known: its first use renews it.';
  return refreshable
    ? 'The gateway renews it from here on.'
    : 'There is no refresh token: when it expires, the person is asked to sign in.';
}

/** Says what is wrong and with which field, and never what the field holds. */
function refusal(
  outcome: Exclude<ImportOutcome, { kind: 'imported' }>,
  { server }: CredentialKey,
): VerbError {
  switch (outcome.kind) {
    case 'malformed': {
      const what = outcome.field === undefined ? 'The input' : `\`${outcome.field}\``;
      return new VerbError(`${what} cannot be used: ${outcome.why}. Nothing was changed.`, 2);
    }
    case 'incomplete': {
      const { field, failure } = outcome;
      const asked = failure === undefined ? '' : ` (${failureSentence(failure, server)}: ${failure.detail})`;
      return new VerbError(
        `\`${field}\` is missing, and nothing here says it${asked}. Add it to the JSON. Nothing was changed.`,
        1,
      );
    }
    case 'no-sign-in':
      return new VerbError(`${noSignIn(server, outcome.why)} Nothing was changed.`, 2);
  }
}

function noSignIn(server: string, why: Extract<ImportOutcome, { kind: 'no-sign-in' }>['why']): string {
  switch (why) {
    case 'stdio':
      return `${server} is a program of this machine: nobody signs in to it.`;
    case 'keys':
      return `${server} takes keys: each person gives theirs with /mcp auth ${server}.`;
    case 'service-account':
      return `${server} is signed in to by the gateway itself, with the config's client.`;
  }
}
