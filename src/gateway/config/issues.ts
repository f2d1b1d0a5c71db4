import { z } from 'zod';
import { type ConfigPath, type Finding, keyName, named, nearest } from './mistakes.js';
import { UNUSED_OAUTH_KEYS } from './oauth-schema.js';
import { type ConfigValue, describeKind, placeKey, type Reading, valueAt } from './reading.js';
import { configSchema } from './schema.js';
import { UNUSED_SERVER_KEYS, UNUSED_TOOLS_KEYS } from './server-schema.js';

export type Issue = z.core.$ZodIssue;

const UNUSED: ReadonlySet<string> = new Set([
  ...UNUSED_SERVER_KEYS,
  ...UNUSED_TOOLS_KEYS,
  ...UNUSED_OAUTH_KEYS,
]);

/** What other programs call our keys. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  type: 'transport',
  environment: 'env',
  servers: 'mcp_servers',
  allowed_tools: 'tools',
  state: 'storage',
  bot_token: 'token',
  botToken: 'token',
  token: 'bot_token',
  teams: 'workspaces',
};

/** Union branches: the complaints of the one that got past the value's type, with full paths; else the union's own. */
function flatten(issue: Issue, prefix: ConfigPath = []): Issue[] {
  const path = [...prefix, ...issue.path] as (string | number)[];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const branch = issue.errors.find((errors) => errors.every((error) => !isAboutWhole(error)));
  if (branch === undefined) return [{ ...issue, path }];
  return branch.flatMap((error) => flatten(error, path));
}

function isAboutWhole(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

export function schemaIssues(root: ConfigValue): readonly Issue[] {
  return configSchema.safeParse(root).error?.issues.flatMap((issue) => flatten(issue)) ?? [];
}

/** The keys that are valid in the block at `path`. */
function keysAt(path: ConfigPath): readonly string[] {
  let schema: unknown = configSchema;
  for (const segment of path) {
    const block = withoutWrapper(schema);
    if (block instanceof z.ZodObject) schema = block.shape[segment];
    else if (block instanceof z.ZodRecord) schema = block.valueType;
  }
  const block = withoutWrapper(schema);
  return block instanceof z.ZodObject ? Object.keys(block.shape).filter((key) => !UNUSED.has(key)) : [];
}

function withoutWrapper(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return withoutWrapper(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => option instanceof z.ZodObject);
  return schema;
}

const GLUED = /^[\w-]+[:=]/;
const SPACE_AFTER_COLON = 'Put a space after the colon: YAML takes the two for one word.';

function remedyForEmpty(key: string): string {
  return GLUED.test(key) ? SPACE_AFTER_COLON : 'Give it such a value, or take the key out.';
}

function unknownKey(path: ConfigPath, key: string): Finding {
  const keys = keysAt(path);
  const where = { path: [...path, key], at: 'key', allowed: keys.map(named).join(', ') } as const;
  if (GLUED.test(key))
    return { ...where, found: `the unknown key ${keyName(key)}`, remedy: SPACE_AFTER_COLON };
  const foreign = Object.hasOwn(FOREIGN_NAMES, key) ? FOREIGN_NAMES[key] : undefined;
  const guess = foreign !== undefined && keys.includes(foreign) ? foreign : nearest(key, keys);
  return {
    ...where,
    found: `the unknown key ${keyName(key)}`,
    ...(guess === undefined ? {} : { nearest: guess }),
    remedy:
      guess === undefined ? 'Take it out, or move it to where it belongs.' : `Rename it to \`${guess}\`.`,
  };
}

const YES_NO: Readonly<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' };

function guessValue(issue: Issue, value: ConfigValue | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (issue.code === 'invalid_value') return nearest(value, issue.values.map(String));
  if (issue.code !== 'invalid_type' || issue.expected !== 'boolean') return undefined;
  const word = value.toLowerCase();
  return Object.hasOwn(YES_NO, word) ? YES_NO[word] : nearest(value, ['true', 'false']);
}

/** zod's words for what YAML writes as a block or a list. */
export const BLOCK_TYPES: ReadonlySet<string> = new Set(['object', 'record', 'array']);

function wrongValue(reading: Reading, issue: Issue): Finding {
  const path = issue.path as (string | number)[];
  const value = valueAt(reading.root, path);
  const guess = reading.variables.has(placeKey(path)) ? undefined : guessValue(issue, value);
  const isBlock = issue.code === 'invalid_type' && BLOCK_TYPES.has(issue.expected);
  const lastKey = String(path.at(-1) ?? '');
  const isEmpty = value === null || value === undefined;
  return {
    path,
    ...(isBlock ? { found: describeKind(reading, path) } : {}),
    allowed: issue.message,
    ...(guess === undefined ? {} : { nearest: guess }),
    remedy: isEmpty ? remedyForEmpty(lastKey) : `Write ${issue.message}.`,
  };
}

/** zod's issues in our words. */
export function findingsOfIssues(reading: Reading, issues: readonly Issue[]): readonly Finding[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(issue.path as (string | number)[], key))
      : [wrongValue(reading, issue)],
  );
}
