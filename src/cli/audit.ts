import type { AuditEntry } from '../gateway/audit/audit.js';
import { readAudit, whoIs } from '../gateway/audit/reading.js';
import { auditWords } from '../gateway/views/audit.js';
import { openStore } from '../storage/open.js';
import { readConfig } from './configured.js';
import { VerbError } from './failure.js';
import { asFolderOwner } from './folder-owner.js';

export interface AuditOptions {
  readonly config?: string;
  readonly since: number;
  readonly server?: string;
  readonly actor?: string;
  readonly json?: boolean;
}

/** Prints what was done, the oldest first, straight from the store: whether or not a gateway runs. */
export async function audit({ since, server, actor, json, config }: AuditOptions): Promise<number> {
  const { settings } = await readConfig(config);
  if (settings.storage.kind === 'memory')
    throw new VerbError('With `storage: memory` the audit ends with the gateway: ask it with /mcp audit.', 2);
  const { storage } = asFolderOwner(settings);
  const { encryptionKeys } = settings.security;
  const { store } = await openStore(
    storage,
    encryptionKeys === undefined ? {} : { sealingKeys: encryptionKeys },
  );
  try {
    const found = readAudit(store, {
      sinceMs: since,
      order: 'oldest-first',
      ...(server === undefined ? {} : { server }),
      ...(actor === undefined ? {} : { who: whoIs(actor, settings.people) }),
    });
    let count = 0;
    for await (const entry of found) {
      count += 1;
      process.stdout.write(`${json === true ? JSON.stringify(asJson(entry)) : asLine(entry)}\n`);
    }
    if (count === 0) process.stderr.write(`${nothingSentence(since, settings.auditRetentionMs === 'off')}\n`);
    return 0;
  } finally {
    await store.close();
  }
}

function asJson({ atMs, actor, ...rest }: AuditEntry): object {
  const platform = actor?.split(':')[0];
  return {
    at: new Date(atMs).toISOString(),
    ...(actor === undefined ? {} : { actor, platform }),
    ...rest,
  };
}

/** On standard error: a program that reads the lines gets none. */
function nothingSentence(sinceMs: number, off: boolean): string {
  if (off) return 'Nothing is kept: the config says `audit: { retention: off }`.';
  return `Nothing is in the audit since ${utc(sinceMs)} UTC.`;
}

const utc = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function asLine(entry: AuditEntry): string {
  const at = utc(entry.atMs);
  const { actor = '-', server = '-', chat } = entry;
  const where = chat === undefined || chat === 'private' ? '' : `, in ${chat}`;
  return `${at} UTC  ${printable(actor)}  ${printable(server)}  ${auditWords(entry)}${printable(where)}`;
}

/** Ids come from platforms: nothing in them moves a terminal's cursor. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
