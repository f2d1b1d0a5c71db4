import { BLOCK_TYPES, type Issue, schemaIssues } from './issues.js';
import type { ConfigPath } from './mistakes.js';
import { type ConfigMap, type ConfigValue, isMap, placeKey, type Reading, valueAt } from './reading.js';

const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;

/** What the schema would rather have: numbers and booleans that came as variables; blocks with nothing in them. */
function betterValue(reading: Reading, issue: Issue): ConfigValue | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  const path = issue.path as (string | number)[];
  const value = valueAt(reading.root, path);
  if (value === null && issue.expected === 'array') return [];
  if (value === null && BLOCK_TYPES.has(issue.expected)) return Object.create(null) as ConfigMap;
  if (typeof value !== 'string' || !reading.variables.has(placeKey(path))) return undefined;
  if (issue.expected === 'boolean' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  const wantsNumber = issue.expected === 'number' || issue.expected === 'int';
  return wantsNumber && NUMBER.test(value) ? Number(value) : undefined;
}

function withValue(root: ConfigValue, path: ConfigPath, value: ConfigValue): ConfigValue {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (Array.isArray(root)) {
    return root.map((item, index) => (index === segment ? withValue(item, rest, value) : item));
  }
  if (!isMap(root)) return root;
  const map: ConfigMap = Object.assign(Object.create(null), root);
  map[segment] = withValue(root[segment] ?? null, rest, value);
  return map;
}

/**
 * The reading with each value as the schema wants it where that takes no guessing: `"${PORT}"` as a number, an empty
 * `people:` as a block without entries. Repeated, because a block filled in may hold the next one.
 */
export function settle(reading: Reading): Reading {
  let settled = reading;
  for (let round = 0; round < 10; round++) {
    const before = settled;
    for (const issue of schemaIssues(before.root)) {
      const better = betterValue(before, issue);
      if (better === undefined) continue;
      settled = { ...settled, root: withValue(settled.root, issue.path as ConfigPath, better) };
    }
    if (settled === before) break;
  }
  return settled;
}
