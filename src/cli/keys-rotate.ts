import { retentionOf } from '../gateway/audit/audit.js';
import { type RotationReport, rotateKeys } from '../storage/sealing/rotate.js';
import { readConfig } from './configured.js';
import { asFolderOwner } from './folder-owner.js';
import { operator } from './operator.js';
import { noteDeed } from './operator-audit.js';
import { Progress, untilSignalled } from './progress.js';
import { firstSignal } from './signals.js';

const MOST_NAMED = 20;

/** Seals all records with the first key of the config, or with a new key in the state folder, while gateways go on. */
export async function rotate(options: { readonly config?: string }): Promise<number> {
  const { settings, notes } = await readConfig(options.config);
  for (const note of notes) process.stderr.write(`${note}\n`);
  // Before it works as somebody else.
  const by = operator();
  const { storage } = asFolderOwner(settings);
  const { encryptionKeys } = settings.security;
  const progress = new Progress('Records looked at');
  const signal = untilSignalled(firstSignal());
  const report = await rotateKeys(storage, {
    ...(encryptionKeys === undefined ? {} : { sealingKeys: encryptionKeys }),
    progress: progress.show,
    signal,
  }).finally(() => progress.end());
  const lines = [`Records with the new seal: ${report.sealed}; sealed anew just now: ${report.resealed}.`];
  lines.push(
    ...(signal.aborted
      ? ['Ended early. Run it again to go on.']
      : whatIsLeft(report, encryptionKeys !== undefined)),
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  await noteDeed(
    { what: 'keys-rotated', outcome: countsOf(report), by },
    { storage, keys: [encryptionKeys], retentionMs: retentionOf(settings.auditRetentionMs) },
  );
  return report.done ? 0 : 1;
}

function countsOf({ sealed, resealed, unread, done }: RotationReport): string {
  const left = unread.length === 0 ? '' : `, ${unread.length} unreadable`;
  return `${resealed} of ${sealed} records sealed anew${left}${done ? '' : ', not done'}`;
}

function whatIsLeft({ done, settled, unread }: RotationReport, configured: boolean): readonly string[] {
  if (done) {
    return [
      configured
        ? 'Nothing needs an older key any more: all but the first may be taken out of security.encryption_key.'
        : 'Nothing needs the older key any more; it is kept in sealing.key.old, for backups, and may be deleted.',
    ];
  }
  return [
    ...(settled
      ? []
      : [
          'Gateways still write with an older key: restart them with the new one in front, then run it again.',
        ]),
    ...(unread.length === 0
      ? []
      : ['These cannot be read with the keys that there are, and stay as they are:']),
    ...unread.slice(0, MOST_NAMED).map((place) => `  ${place}`),
    ...(unread.length > MOST_NAMED ? [`  and ${unread.length - MOST_NAMED} more`] : []),
    'Keep the older keys, and run it again.',
  ];
}
