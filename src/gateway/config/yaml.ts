import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigMistake, ConfigPath, Finding, Position } from './mistakes.js';
import { type ConfigMap, type ConfigValue, locate, type Place, placeKey, type Reading } from './reading.js';
import { keyText, keyTrouble, type Trouble } from './yaml-keys.js';
import { exceedsYamlLimits, TOO_DEEP } from './yaml-limits.js';
import { syntaxMistakes } from './yaml-syntax.js';

const MAX_DEPTH = 16;
/** Values after alias expansion: a "billion laughs" stops here. */
const MAX_VALUES = 20_000;
const PLAIN_TAGS = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

export type YamlOutcome =
  | { readonly kind: 'read'; readonly reading: Reading; readonly findings: readonly Finding[] }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly ConfigMistake[] };

interface Walk {
  readonly anchors: Map<string, Node>;
  readonly places: Map<string, Place>;
  readonly findings: Finding[];
  readonly lines: LineCounter;
  /** Scalars at these paths are text whatever they look like: `PORT: 8080` in an environment. */
  readonly isText: (path: ConfigPath) => boolean;
  values: number;
  overflowed: boolean;
}

interface Spot {
  readonly path: ConfigPath;
  readonly keyOffset: number;
  /** Set below an alias: its place stands for all that it brings in. */
  readonly aliasOffset?: number;
}

function positionAt(walk: Walk, offset: number): Position {
  const { line, col } = walk.lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function place(walk: Walk, spot: Spot, offset: number, source?: string): void {
  walk.places.set(placeKey(spot.path), {
    key: positionAt(walk, spot.aliasOffset ?? spot.keyOffset),
    value: positionAt(walk, spot.aliasOffset ?? offset),
    ...(source === undefined ? {} : { source }),
  });
}

function overflow(walk: Walk, spot: Spot): null {
  if (!walk.overflowed) walk.findings.push({ path: spot.path, ...TOO_DEEP });
  walk.overflowed = true;
  return null;
}

function fromNode(walk: Walk, node: unknown, spot: Spot): ConfigValue {
  walk.values += 1;
  if (walk.overflowed) return null;
  if (spot.path.length > MAX_DEPTH || walk.values > MAX_VALUES) return overflow(walk, spot);
  if (isAlias(node)) return fromAlias(walk, node.source, spot, node.range?.[0]);
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) {
    place(walk, spot, spot.keyOffset);
    return null;
  }
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  const source = isScalar(node) ? node.source : undefined;
  place(walk, spot, node.range?.[0] ?? spot.keyOffset, source);
  if (node.tag !== undefined && !PLAIN_TAGS.test(node.tag)) walk.findings.push(foreignTag(spot.path));
  if (isMap(node)) return fromMap(walk, node.items, spot);
  if (isSeq(node)) return node.items.map((item, index) => fromItem(walk, item, index, spot));
  return fromScalar(walk, node.value, source, spot.path);
}

function fromItem(walk: Walk, item: unknown, index: number, spot: Spot): ConfigValue {
  const offset = (item as Node | null)?.range?.[0] ?? spot.keyOffset;
  return fromNode(walk, item, { ...spot, path: [...spot.path, index], keyOffset: offset });
}

function fromScalar(walk: Walk, value: unknown, source: string | undefined, path: ConfigPath): ConfigValue {
  const isNumberOrBoolean = typeof value === 'number' || typeof value === 'boolean';
  if (isNumberOrBoolean) return walk.isText(path) ? (source ?? String(value)) : value;
  return typeof value === 'string' ? value : null;
}

function fromAlias(walk: Walk, name: string, spot: Spot, offset = spot.keyOffset): ConfigValue {
  const target = walk.anchors.get(name);
  if (target !== undefined) {
    return fromNode(walk, target, { ...spot, aliasOffset: spot.aliasOffset ?? offset });
  }
  place(walk, spot, offset);
  walk.findings.push({
    path: spot.path,
    found: 'a value that starts with `*`: YAML takes it for a reference to an anchor that is not there',
    allowed: 'quoted text, or the name of an anchor (`&name`) set before',
    remedy: 'Put the value in quotes, such as "*".',
  });
  return null;
}

function fromMap(walk: Walk, pairs: readonly { key: unknown; value: unknown }[], spot: Spot): ConfigMap {
  const map: ConfigMap = Object.create(null);
  for (const { key, value } of pairs) {
    const name = isScalar(key) ? keyText(key.value, key.source) : undefined;
    const keyOffset = (key as Node | null)?.range?.[0] ?? spot.keyOffset;
    const path = [...spot.path, name ?? '?'];
    const isRepeated = name !== undefined && Object.hasOwn(map, name);
    const trouble = keyTrouble(name, isRepeated ? walk.places.get(placeKey(path))?.key : undefined);
    if (trouble === undefined) map[name ?? ''] = fromNode(walk, value, { ...spot, path, keyOffset });
    else walk.findings.push({ path, position: positionAt(walk, spot.aliasOffset ?? keyOffset), ...trouble });
  }
  return map;
}

function foreignTag(path: ConfigPath): Finding {
  return {
    path,
    found: 'a YAML tag (a value that starts with `!`)',
    allowed: 'text, numbers, true, false, lists and blocks of keys',
    remedy: 'Take the tag away, or put the value in quotes if it is text that starts with `!`.',
  };
}

function wholeFile(file: string, trouble: Trouble & { readonly found: string }): YamlOutcome {
  return { kind: 'mistakes', mistakes: [{ file, path: '', line: 1, column: 1, ...trouble }] };
}

function readDocument(
  document: Document,
  lines: LineCounter,
  file: string,
  isText: Walk['isText'],
): YamlOutcome {
  const walk: Walk = {
    anchors: new Map(),
    places: new Map(),
    findings: [],
    lines,
    isText,
    values: 0,
    overflowed: false,
  };
  const root = fromNode(walk, document.contents, { path: [], keyOffset: 0 });
  const reading: Reading = { file, root, places: walk.places, variables: new Map() };
  if (walk.overflowed) {
    return { kind: 'mistakes', mistakes: walk.findings.map((finding) => locate(reading, finding)) };
  }
  return { kind: 'read', reading, findings: walk.findings };
}

/** YAML 1.2 core schema → plain data with places. Syntax errors end it; what else is wrong comes along as findings. */
export function readYaml(text: string, file: string, isText: Walk['isText'] = () => false): YamlOutcome {
  if (exceedsYamlLimits(text)) return wholeFile(file, TOO_DEEP);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    uniqueKeys: false,
    logLevel: 'error',
  });
  if (document.errors.length > 0) {
    return { kind: 'mistakes', mistakes: syntaxMistakes(document.errors, lines, file) };
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return wholeFile(file, {
      found: 'an empty file',
      allowed: 'a config with `mcp_servers` and what else is needed',
      remedy: 'Copy config.example.yaml and change it.',
    });
  }
  return readDocument(document, lines, file, isText);
}
