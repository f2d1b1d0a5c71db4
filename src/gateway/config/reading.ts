import {
  type ConfigMistake,
  type ConfigPath,
  type Finding,
  type Position,
  pathText,
  quoted,
} from './mistakes.js';

/** The YAML as plain data. Maps have no prototype, so that a key named `constructor` is only a key. */
export type ConfigValue = null | boolean | number | string | ConfigValue[] | ConfigMap;
export interface ConfigMap {
  [key: string]: ConfigValue;
}

/** Where a value stands, and how it was written. */
export interface Place {
  readonly key: Position;
  readonly value: Position;
  /** A scalar as it stands in the file: `1.10`, not 1.1. */
  readonly source?: string;
}

/** A YAML file with its places; what every later step works on. */
export interface Reading {
  readonly file: string;
  readonly root: ConfigValue;
  /** By `placeKey` of the path. */
  readonly places: ReadonlyMap<string, Place>;
  /** The names of the environment variables that went into a value, by `placeKey`. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

export function placeKey(path: ConfigPath): string {
  return JSON.stringify(path);
}

export function isMap(value: ConfigValue | undefined): value is ConfigMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map at this place, or an empty one: rules look past what has the wrong type, which is reported elsewhere. */
export function mapOf(value: ConfigValue | undefined): Readonly<ConfigMap> {
  return isMap(value) ? value : {};
}

export function listOf(value: ConfigValue | undefined): readonly ConfigValue[] {
  return Array.isArray(value) ? value : [];
}

export function has(map: Readonly<ConfigMap>, key: string): boolean {
  return Object.hasOwn(map, key);
}

export function valueAt(root: ConfigValue, path: ConfigPath): ConfigValue | undefined {
  let value: ConfigValue | undefined = root;
  for (const segment of path) {
    if (Array.isArray(value) && typeof segment === 'number') value = value[segment];
    else if (isMap(value) && Object.hasOwn(value, segment)) value = value[segment];
    else return undefined;
  }
  return value;
}

/** Values below these are never shown: they are secrets, or carry them (`args: ['--api-key', …]`). */
const SECRET_SEGMENTS = /secret|token|key|passw|credential|authorization|cookie|headers|^env$|^args$/i;

function isSecret(path: ConfigPath): boolean {
  return path.some((segment, index) => {
    const isServerName = index === 1 && path[0] === 'mcp_servers';
    return typeof segment === 'string' && !isServerName && SECRET_SEGMENTS.test(segment);
  });
}

/** Credentials, queries and fragments of a URL are not for messages. */
function withoutUrlSecrets(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, '//…@').replace(/([?#]).+$/s, '$1…');
}

function kindOf(value: ConfigValue): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block of keys';
  return { string: 'text', number: 'a number', boolean: 'true or false' }[
    typeof value as 'string' | 'number' | 'boolean'
  ];
}

/** What stands at `path`, in words. Secrets and what came from the environment are named, not shown. */
function describe(reading: Reading, path: ConfigPath): string {
  const value = valueAt(reading.root, path);
  if (value === undefined || value === null) return 'nothing';
  const variables = reading.variables.get(placeKey(path));
  if (variables !== undefined) {
    return `the value of ${variables.map((name) => `\${${name}}`).join(', ')} (not shown)`;
  }
  if (typeof value === 'object') return kindOf(value);
  if (isSecret(path)) return `${kindOf(value)} (not shown)`;
  if (typeof value === 'string') return `the text ${quoted(withoutUrlSecrets(value))}`;
  return quoted(reading.places.get(placeKey(path))?.source ?? String(value)).slice(1, -1);
}

/** The kind of what stands at `path`, never its text: for places that can't hold text at all. */
export function describeKind(reading: Reading, path: ConfigPath): string {
  const value = valueAt(reading.root, path);
  return value === undefined ? 'nothing' : kindOf(value);
}

/** Where `path` stands; for what is not written, the key of the closest block around it. */
function positionOf(reading: Reading, finding: Finding): Position {
  if (finding.position !== undefined) return finding.position;
  const own = reading.places.get(placeKey(finding.path));
  if (own !== undefined) return finding.at === 'key' ? own.key : own.value;
  for (let length = finding.path.length - 1; length >= 0; length--) {
    const around = reading.places.get(placeKey(finding.path.slice(0, length)));
    if (around !== undefined) return around.key;
  }
  return { line: 1, column: 1 };
}

/** Gives a finding its place in the file. */
export function locate(reading: Reading, finding: Finding): ConfigMistake {
  const { path, at: _at, position: _position, found = describe(reading, path), ...rest } = finding;
  return { file: reading.file, path: pathText(path), ...positionOf(reading, finding), found, ...rest };
}
