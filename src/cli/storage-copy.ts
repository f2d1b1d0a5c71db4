import type { CopyReport } from '../storage/copy.js';
import { moveRecords } from '../storage/move.js';
import { shownPlace } from '../storage/places.js';
import { namedStorage } from './configured.js';
import { workAsFolderOwner } from './folder-owner.js';
import { Progress, untilSignalled } from './progress.js';
import { firstSignal } from './signals.js';

/** Copies all records from one storage to another, sealed as they are. */
export async function copyStorage(
  fromText: string,
  toText: string,
  { exact = false }: { readonly exact?: boolean } = {},
): Promise<number> {
  const [from, to] = [namedStorage(fromText, 'FROM'), namedStorage(toText, 'TO')];
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
  return signal.aborted || report.inUse || report.changed + report.missing.length > 0 ? 1 : 0;
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
