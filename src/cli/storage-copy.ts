import { AUDIT, AUDIT_HOURS, retentionOf } from '../gateway/audit/audit.js';
import type { Settings } from '../gateway/settings.js';
import type { CopyReport } from '../storage/copy.js';
import { moveRecords } from '../storage/move.js';
import { type StorageKind, shownPlace } from '../storage/places.js';
import { configFile, namedStorage, readConfig } from './configured.js';
import { VerbError } from './failure.js';
import { workAsFolderOwner } from './folder-owner.js';
import { operator } from './operator.js';
import { noteDeed } from './operator-audit.js';
import { Progress, untilSignalled } from './progress.js';
import { firstSignal } from './signals.js';

export interface CopyVerbOptions {
  readonly exact?: boolean;
  /** Whose key the audit is written with. */
  readonly config?: string;
}

/** Copies all records from one storage to another, sealed as they are. */
export async function copyStorage(
  fromText: string,
  toText: string,
  { exact = false, config }: CopyVerbOptions = {},
): Promise<number> {
  const [from, to] = [namedStorage(fromText, 'FROM'), namedStorage(toText, 'TO')];
  const settings = await settingsOf(config);
  // Before it works as somebody else.
  const by = operator();
  const [source = from, target = to] = workAsFolderOwner([from, to]);
  const progress = new Progress('Records copied');
  const signal = untilSignalled(firstSignal());
  const moving = moveRecords(source, target, { progress: progress.show, signal, exact });
  const report = await moving.finally(() => progress.end());
  const lines = [
    `Records copied to ${shownPlace(to)}: ${report.copied}; there already: ${report.kept}.`,
    ...(report.removed === 0 ? [] : [`There and not here, and removed there: ${report.removed}.`]),
    ...(signal.aborted ? ['Ended early. Run it again to go on.'] : whatIsDifferent(report)),
    'They are sealed as before: the gateway needs the same security.encryption_key there. For records of a state folder with a key of its own, that is what stands in its sealing.key.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  await note(report, { source, target, by, settings });
  return signal.aborted || report.inUse || report.changed + report.missing.length > 0 ? 1 : 0;
}

interface Copied {
  readonly source: StorageKind;
  readonly target: StorageKind;
  readonly by: string;
  readonly settings: Settings | undefined;
}

const AUDIT_ALONE = new Set([AUDIT, AUDIT_HOURS]);

/**
 * Where the records came from, and from there at once to where they are now. Where there were none, nothing is noted: an
 * empty storage has to stay one, or `--exact` could take it for what the other is an earlier copy of.
 */
async function note(report: CopyReport, { source, target, by, settings }: Copied): Promise<void> {
  const { copied, kept, removed } = report;
  if (copied + kept === 0) return;
  const gone = removed === 0 ? '' : `, ${removed} removed`;
  const outcome = `${copied} records copied, ${kept} there already${gone}`;
  const keys = [...new Set([settings?.security.encryptionKeys, undefined])];
  const retentionMs = retentionOf(settings?.auditRetentionMs);
  const noted = await noteDeed(
    { what: 'storage-copied', outcome, by },
    { storage: source, keys, retentionMs },
  );
  // Nobody changes what is in an audit: nothing has to settle for that.
  if (noted) await moveRecords(source, target, { only: AUDIT_ALONE, settleMs: 0 });
}

/** Records are copied without a key; one that has none of a config is only not in the audit. */
async function settingsOf(named: string | undefined): Promise<Settings | undefined> {
  const file = configFile(named);
  if (file === undefined) return undefined;
  try {
    return (await readConfig(file)).settings;
  } catch (error) {
    if (named !== undefined || !(error instanceof VerbError)) throw error;
    return undefined;
  }
}

function whatIsDifferent({ changed, missing, additional, inUse }: CopyReport): readonly string[] {
  const count = missing.length + changed;
  return [
    count === 0
      ? 'All records are there.'
      : `Not there as they are here, because they changed meanwhile: ${count}. Stop the gateways, and run it again.`,
    ...(additional.length === 0
      ? []
      : [
          inUse
            ? `There and not here: ${additional.length}. None was removed: that is no earlier copy of this one, or a gateway has worked there since. Are FROM and TO in the right order?`
            : `There and not here: ${additional.length}. They are new there, or were ended here since an earlier copy; where no gateway has run there yet, --exact removes them.`,
        ]),
  ];
}
