import { createApp } from '../app/app.js';
import type { CredentialDesk } from '../auth/credentials/credential-desk.js';
import { credentialOwner, type OwnerFound } from '../gateway/access/credential-owner.js';
import type { Settings } from '../gateway/settings.js';
import { readConfig } from './configured.js';
import { VerbError } from './failure.js';
import { asFolderOwner } from './folder-owner.js';
import { operator } from './operator.js';
import { quietLog, say } from './terminal.js';

export interface CredentialsOptions {
  readonly config?: string;
}

export interface OwnerOptions extends CredentialsOptions {
  readonly subject: string;
  readonly server: string;
}

/** Credentials of the config's store, beside a gateway that may be running on it. */
export interface OpenCredentials {
  readonly desk: CredentialDesk;
  readonly settings: Settings;
}

export async function withCredentials(
  { config }: CredentialsOptions,
  work: (open: OpenCredentials) => Promise<number>,
): Promise<number> {
  const { settings, file = '', notes } = await readConfig(config);
  for (const note of notes) say(note);
  if (settings.storage.kind === 'memory')
    throw new VerbError(
      `${file} keeps credentials in memory, where no other program reaches them. Set \`storage: file:./state\`.`,
      2,
    );
  // Before it works as somebody else.
  const calledBy = operator();
  const app = await createApp(
    { ...asFolderOwner(settings), platforms: {} },
    { log: quietLog({ settings }), operator: calledBy },
  );
  try {
    return await work({ desk: app.credentials, settings });
  } finally {
    await app.stop();
  }
}

/** @throws {VerbError} where there is no such server or person */
export function ownerOf(
  { subject, server }: OwnerOptions,
  settings: Settings,
): Extract<OwnerFound, { kind: 'owner' }> {
  const found = credentialOwner(subject, server, settings);
  if (found.kind === 'mistake') throw new VerbError(found.sentence, 2);
  return found;
}
