import type { KeyVariable } from '../../auth/types.js';
import { DISCORD_TOKEN_SOURCE } from './discord-secrets.js';
import { type ConfigPath, type Finding, keyName } from './mistakes.js';
import { type ConfigMap, type ConfigValue, isMap, placeKey, type Reading } from './reading.js';
import { APP_TOKEN_SOURCE, BOT_TOKEN_SOURCE, SIGNING_SECRET_SOURCE } from './slack-secrets.js';
import { TOKEN_SOURCE } from './telegram-schema.js';
import { type Environment, isHeaderValue } from './values.js';

/**
 * `${NAME}` and `${NAME:-default}`, as docker compose reads them: the default also stands in for an empty variable,
 * and `$$` is a literal `$`. Unlike there, `$NAME` without braces stays as it is (it is common in arguments), an empty
 * variable without a default counts as not set, and `${env:NAME}` of other agents' configs is read as `${NAME}`.
 */
const REFERENCE = /\$\$|\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

export interface Interpolated {
  readonly reading: Reading;
  readonly findings: readonly Finding[];
  /** Values that could not be made, by `placeKey`: what else is wrong with them is no news. */
  readonly broken: ReadonlySet<string>;
  /** Every distinct `${NAME}` in a server's headers or env, by server, in order of appearance. */
  readonly keys: ReadonlyMap<string, readonly KeyVariable[]>;
}

interface Work {
  readonly environment: Environment;
  readonly findings: Finding[];
  readonly broken: Set<string>;
  readonly variables: Map<string, readonly string[]>;
  readonly keys: Map<string, KeyVariable[]>;
}

function lookUp(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The server whose header or environment this is: there `${NAME}` may be a key that people are asked for. */
function keyHolder(path: ConfigPath): string | undefined {
  const [block, server, part] = path;
  const isKeyPlace = block === 'mcp_servers' && path.length === 4 && (part === 'headers' || part === 'env');
  return isKeyPlace && typeof server === 'string' ? server : undefined;
}

function reportBroken(work: Work, path: ConfigPath, trouble: Omit<Finding, 'path'>): string {
  work.broken.add(placeKey(path));
  work.findings.push({ path, ...trouble });
  return '';
}

const MALFORMED = {
  found: 'a `${` that starts no variable (its text is not shown)',
  allowed: '`${NAME}` or `${NAME:-default}`; `$${` for a literal `${`',
  remedy: 'Write a name of letters, digits and _ between the braces; variables do not nest.',
};

/** Where the secrets of the chat platforms are found, by the first three segments of their path. */
const SOURCES: Readonly<Record<string, string>> = {
  'platforms.telegram.token': TOKEN_SOURCE,
  'platforms.slack.bot_token': BOT_TOKEN_SOURCE,
  'platforms.slack.app_token': APP_TOKEN_SOURCE,
  'platforms.slack.signing_secret': SIGNING_SECRET_SOURCE,
  'platforms.discord.token': DISCORD_TOKEN_SOURCE,
};

function unset(name: string, path: ConfigPath) {
  const source = SOURCES[path.slice(0, 3).join('.')];
  const isToken = source !== undefined;
  const otherwise = isToken ? `. ${source}` : `, or write \`\${${name}:-…}\` with a default.`;
  return {
    found: `\`\${${name}}\`, which the environment does not have (or has empty)`,
    allowed: `a variable that is set${isToken ? '' : ', or one with a default: `${NAME:-default}`'}`,
    remedy: `Set ${name} in the gateway's environment${otherwise}`,
  };
}

function plainText(work: Work, path: ConfigPath, text: string): string {
  const used: string[] = [];
  const result = text.replaceAll(REFERENCE, (match: string, name?: string, fallback?: string) => {
    if (match === '$$') return '$';
    if (name === undefined || fallback?.includes('${')) return reportBroken(work, path, MALFORMED);
    used.push(name);
    return lookUp(work.environment, name) ?? fallback ?? reportBroken(work, path, unset(name, path));
  });
  if (used.length > 0) work.variables.set(placeKey(path), [...new Set(used)]);
  return result;
}

const ESCAPED_IN_TEMPLATE = {
  found: 'an escaped `$${` in a header or environment value (not shown)',
  allowed: '`${NAME}` for a key, or text without `${`',
  remedy: 'A literal `${` cannot stand here: give the whole value through one `${NAME}`.',
};

function unusable(name: string, part: string | number | undefined) {
  return {
    found: `a value of \`\${${name}}\` that ${part === 'headers' ? 'no HTTP header' : 'no program'} can take (not shown)`,
    allowed:
      part === 'headers' ? 'one line of Latin letters, digits and signs' : 'text without NUL characters',
    remedy: `Check ${name} in the gateway's environment for line breaks and special characters.`,
  };
}

/** Keeps `${NAME}` in place: the value is filled in for each person when it is used. */
function template(work: Work, path: ConfigPath, server: string, text: string): string {
  const keys = work.keys.get(server) ?? [];
  const result = text.replaceAll(REFERENCE, (match: string, name?: string, fallback?: string) => {
    if (match === '$$') return '$';
    if (name === undefined || fallback?.includes('${')) return reportBroken(work, path, MALFORMED);
    const value = lookUp(work.environment, name);
    if (value === undefined && fallback !== undefined) return fallback;
    const isUsable = path[2] === 'headers' ? isHeaderValue(value ?? '') : !value?.includes('\0');
    if (!isUsable) return reportBroken(work, path, unusable(name, path[2]));
    if (!keys.some((key) => key.name === name)) keys.push(value === undefined ? { name } : { name, value });
    return `\${${name}}`;
  });
  if (keys.length > 0) work.keys.set(server, keys);
  return text.includes('$${') ? reportBroken(work, path, ESCAPED_IN_TEMPLATE) : result;
}

function interpolateText(work: Work, path: ConfigPath, text: string): string {
  if (!text.includes('$')) return text;
  const server = keyHolder(path);
  return server === undefined ? plainText(work, path, text) : template(work, path, server, text);
}

function interpolateValue(work: Work, path: ConfigPath, value: ConfigValue): ConfigValue {
  if (typeof value === 'string') return interpolateText(work, path, value);
  if (Array.isArray(value)) return value.map((item, index) => interpolateValue(work, [...path, index], item));
  if (!isMap(value)) return value;
  const map: ConfigMap = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    if (key.includes('${')) work.findings.push(variableInKey(path, key));
    map[key] = interpolateValue(work, [...path, key], item);
  }
  return map;
}

function variableInKey(path: ConfigPath, key: string): Finding {
  return {
    path: [...path, key],
    at: 'key',
    found: `a variable in a key, ${keyName(key)}`,
    allowed: 'variables in values only',
    remedy: 'Write the name itself.',
  };
}

/** Puts the environment's values in; see `REFERENCE` for the forms. */
export function interpolate(reading: Reading, environment: Environment): Interpolated {
  const work: Work = {
    environment,
    findings: [],
    broken: new Set(),
    variables: new Map(),
    keys: new Map(),
  };
  const root = interpolateValue(work, [], reading.root);
  const { findings, broken, keys } = work;
  return { reading: { ...reading, root, variables: work.variables }, findings, broken, keys };
}
