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
