import { type OwnerOptions, ownerOf, withCredentials } from './credentials.js';
import { VerbError } from './failure.js';
import { say } from './terminal.js';

export interface ExportOptions extends OwnerOptions {
  readonly withSecrets?: boolean;
}

/** Prints one credential with its secrets, as import takes it. */
export async function exportCredentials(options: ExportOptions): Promise<number> {
  if (options.withSecrets !== true)
    throw new VerbError(
      'An export holds the tokens themselves: whoever reads it can act as that person. Add --with-secrets to print them.',
      2,
    );
  return await withCredentials(options, async ({ desk, settings }) => {
    const { key } = ownerOf(options, settings);
    const outcome = await desk.export(key);
    switch (outcome.kind) {
      case 'exported':
        say(
          `Secrets of ${key.subject} for ${key.server}: whoever reads this can act as that person. ${ONE_USER}`,
        );
        if (outcome.refused) say('Its provider has ended it: these tokens no longer work.');
        process.stdout.write(`${JSON.stringify(outcome.fields, undefined, 2)}\n`);
        return 0;
      case 'nothing':
        throw new VerbError(`${key.subject} holds nothing for ${key.server}.`, 1);
      case 'keys':
        throw new VerbError(
          `${key.subject} holds keys for ${key.server}, not a sign-in: they are not exported.`,
          1,
        );
      case 'unreadable':
        throw new VerbError(`What ${key.subject} holds for ${key.server} cannot be read.`, 1);
    }
  });
}

const ONE_USER = 'A refresh token that two programs use is ended by most providers.';
