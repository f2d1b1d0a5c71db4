import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { findingsOfIssues, schemaIssues } from './config/issues.js';
import { type ConfigMistake, type ConfigPath, type Finding, quoted } from './config/mistakes.js';
import { type ConfigMap, isMap, locate, mapOf, placeKey, type Reading } from './config/reading.js';
import { brokenRules } from './config/rules.js';
import { configSchema } from './config/schema.js';
import { isText } from './config/server-schema.js';
import { settingsOf } from './config/settings.js';
import { settle } from './config/settle.js';
import type { Environment } from './config/values.js';
import { type Interpolated, interpolate } from './config/variables.js';
import { warningsOf } from './config/warnings.js';
import { readYaml } from './config/yaml.js';
import type { Settings } from './settings.js';

export type { ConfigMistake } from './config/mistakes.js';
export { formatMistakes, mistakeSentence } from './config/mistakes.js';
export type { Environment } from './config/values.js';

interface ConfigMistakes {
  readonly kind: 'mistakes';
  readonly mistakes: readonly ConfigMistake[];
}

export type ConfigOutcome =
  | { readonly kind: 'ok'; readonly settings: Settings; readonly warnings: readonly ConfigMistake[] }
  | ConfigMistakes;

export interface ConfigSource {
  /** Named in the mistakes; its folder is where relative paths in the config start. */
  readonly file: string;
  readonly environment: Environment;
}

function isBelow(path: ConfigPath, broken: ReadonlySet<string>): boolean {
  return path.some((_, index) => broken.has(placeKey(path.slice(0, index + 1))));
}

function byPlace(a: ConfigMistake, b: ConfigMistake): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function located(reading: Reading, findings: readonly Finding[]): readonly ConfigMistake[] {
  return findings.map((finding) => locate(reading, finding)).sort(byPlace);
}

/** Values that could not be read, so that nothing more is said about them. A repeated key's first value could. */
function unreadPaths(findings: readonly Finding[]): readonly string[] {
  return findings.filter(({ position }) => position === undefined).map(({ path }) => placeKey(path));
}

/** What is wrong beyond syntax and variables. */
function findingsIn(
  reading: Reading,
  broken: ReadonlySet<string>,
  keys: Interpolated['keys'],
): readonly Finding[] {
  const issues = findingsOfIssues(reading, schemaIssues(reading.root));
  const rules = isMap(reading.root) ? brokenRules(reading.root, keys) : [];
  return [...issues, ...rules].filter((finding) => !isBelow(finding.path, broken));
}

/**
 * Reads a config: YAML, then variables, then types, then rules; all mistakes of all of them at once. Only a file that
 * is no YAML at all ends it early. Never throws.
 */
export function parseConfig(text: string, { file, environment }: ConfigSource): ConfigOutcome {
  const yaml = readYaml(text, file, isText);
  if (yaml.kind === 'mistakes') return yaml;
  const interpolated = interpolate(yaml.reading, environment);
  const reading = settle(interpolated.reading);
  const broken = new Set([...interpolated.broken, ...unreadPaths(yaml.findings)]);
  const beyond = findingsIn(reading, broken, interpolated.keys);
  const findings = [...yaml.findings, ...interpolated.findings, ...beyond];
  const words = configSchema.safeParse(reading.root);
  if (findings.length > 0 || !words.success) {
    return { kind: 'mistakes', mistakes: located(reading, findings) };
  }
  const context = { configFolder: dirname(resolve(file)), environment, keys: interpolated.keys };
  const warnings = located(reading, warningsOf(reading));
  return { kind: 'ok', settings: settingsOf(words.data, context), warnings };
}

const READ_REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path, or copy config.example.yaml to it.',
  EACCES: 'Give the user that runs the gateway the right to read it.',
  EPERM: 'Give the user that runs the gateway the right to read it.',
  EISDIR: 'Name the file, not its folder.',
  ENOTDIR: 'Check the path: a part of it is a file, not a folder.',
};

function unreadable(file: string, code: string): ConfigMistakes {
  const found = code === 'ENOENT' ? `no file ${quoted(file)}` : `a file that cannot be read (${code})`;
  const remedy = READ_REMEDIES[code] ?? 'Check the file and its disk.';
  return { kind: 'mistakes', mistakes: [{ file, path: '', found, allowed: 'a readable YAML file', remedy }] };
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}

/** Undefined for bytes that are no UTF-8: replacement characters would hide what was there. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string | ConfigMistakes> {
  const bytes = await readFile(path).catch((error: unknown) => errorCode(error));
  if (typeof bytes === 'string') return unreadable(path, bytes);
  return utf8(bytes) ?? unreadable(path, 'not UTF-8 text');
}

/** Reads and parses a config file; a file that can't be read is a mistake like any other. */
export async function loadConfig(path: string, environment: Environment): Promise<ConfigOutcome> {
  const text = await readText(path);
  return typeof text === 'string' ? parseConfig(text, { file: path, environment }) : text;
}

export type ConfigPeek = { readonly kind: 'read'; readonly root: Readonly<ConfigMap> } | ConfigMistakes;

/** The values of a config that is not finished yet: only its YAML has to be right. Unset variables are empty texts. */
export async function peekConfig(path: string, environment: Environment): Promise<ConfigPeek> {
  const text = await readText(path);
  if (typeof text !== 'string') return text;
  const yaml = readYaml(text, path, isText);
  if (yaml.kind === 'mistakes') return yaml;
  return { kind: 'read', root: mapOf(interpolate(yaml.reading, environment).reading.root) };
}
