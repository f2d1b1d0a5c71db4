import { expect } from 'vitest';
import { type ConfigMistake, type Environment, parseConfig } from '../../src/gateway/config.js';
import type { Settings } from '../../src/gateway/settings.js';

function parse(text: string, environment: Environment = {}) {
  return parseConfig(text, { file: '/etc/gateway/config.yaml', environment });
}

export function settingsOf(text: string, environment: Environment = {}): Settings {
  const outcome = parse(text, environment);
  expect(outcome.kind === 'mistakes' ? outcome.mistakes : []).toEqual([]);
  if (outcome.kind !== 'ok') throw new Error('the config has mistakes');
  return outcome.settings;
}

export function mistakesIn(text: string, environment: Environment = {}): readonly ConfigMistake[] {
  const outcome = parse(text, environment);
  return outcome.kind === 'mistakes' ? outcome.mistakes : [];
}

export function warningsIn(text: string, environment: Environment = {}): readonly ConfigMistake[] {
  const outcome = parse(text, environment);
  expect(outcome.kind).toBe('ok');
  return outcome.kind === 'ok' ? outcome.warnings : [];
}

/** A config with one server that has these lines. */
export function server(...lines: readonly string[]): string {
  return ['mcp_servers:', '  linear:', ...lines.map((line) => `    ${line}`), ''].join('\n');
}

/** A config with one mistake, and what is said about it. */
export interface Case {
  readonly what: string;
  readonly text: string;
  readonly path: string;
  readonly at: readonly [line: number, column: number];
  readonly nearest?: string;
  /** A part of what is found. */
  readonly found?: string;
  /** A part of the remedy. */
  readonly remedy: string;
}

/** The mistake is reported, with its place, and nothing else is. */
export function expectMistake(expected: Case): void {
  const mistakes = mistakesIn(expected.text);
  expect(mistakes.map(({ path, line, column }) => [path, line, column])).toEqual([
    [expected.path, ...expected.at],
  ]);
  const [mistake] = mistakes;
  expect(mistake?.nearest).toBe(expected.nearest);
  expect(mistake?.found).toContain(expected.found ?? '');
  expect(mistake?.allowed).not.toBe('');
  expect(mistake?.remedy).toContain(expected.remedy);
}
