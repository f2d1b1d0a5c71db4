import { createHash } from 'node:crypto';
import { sep } from 'node:path';

/** A file name may have 255 bytes; ours get endings of up to 50. */
const LONGEST_NAME = 200;
const RECORD_ENDING = '.record';
const HASHED = /^=h[0-9a-f]{64}$/;
const PLAIN = /^[a-z0-9_%-]+$/;
/** The same as text and as bytes. */
const ASCII = /^[ -~]+$/;
const NAME = /^(?:[a-z0-9_%-]|~[a-z]|=[0-9a-f]{2})+$/;
/** Names that Windows keeps for devices, with any ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;
const OTHERS = /[^a-z0-9_%-]/g;

/**
 * The name of a segment in the file system. Lower case only, so that `Ana` and `ana` stay two on disks that do not
 * tell case (`~a` is `A`, `=2e` a byte); never with a dot or a slash in it; very long ones become a hash.
 */
export function segmentName(segment: string): string {
  if (segment === '') return '=';
  if (PLAIN.test(segment) && segment.length <= LONGEST_NAME && !DEVICE.test(segment)) return segment;
  const bytes = ASCII.test(segment) ? segment : Buffer.from(segment, 'utf8').toString('latin1');
  const name = DEVICE.test(segment)
    ? hex(segment.charCodeAt(0)) + segment.slice(1)
    : bytes.replaceAll(OTHERS, byteName);
  if (name.length <= LONGEST_NAME) return name;
  return `=h${createHash('sha256').update(segment).digest('hex')}`;
}

function byteName(byte: string): string {
  return byte >= 'A' && byte <= 'Z' ? `~${byte.toLowerCase()}` : hex(byte.charCodeAt(0));
}

function hex(byte: number): string {
  return `=${byte.toString(16).padStart(2, '0')}`;
}

/** The segment that has this name. Undefined for a hashed one and for names that are none of ours. */
export function segmentOf(name: string): string | undefined {
  if (name === '=') return '';
  if (HASHED.test(name) || !NAME.test(name)) return undefined;
  const bytes = name.match(/~[a-z]|=[0-9a-f]{2}|./g)?.map((part) => {
    if (part.length === 2) return part.charCodeAt(1) - 32;
    return part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0);
  });
  return Buffer.from(bytes ?? []).toString('utf8');
}

/** The folder of everything below `key`; its own file stands beside it. Names of segments need no `join`: there is no dot in them. */
export function keyFolder(folder: string, key: string): string {
  let path = folder;
  for (const segment of key.split('/')) path += sep + segmentName(segment);
  return path;
}

export function recordPath(folder: string, key: string): string {
  return recordBeside(keyFolder(folder, key));
}

/** The file of the record whose folder, for what is below it, this is. */
export function recordBeside(folder: string): string {
  return folder + RECORD_ENDING;
}

/** The name of the segment whose record this file is. */
export function recordFileStem(fileName: string): string | undefined {
  return fileName.endsWith(RECORD_ENDING) ? fileName.slice(0, -RECORD_ENDING.length) : undefined;
}
