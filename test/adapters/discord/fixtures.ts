import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/discord/', import.meta.url);

/** An event as Discord sends it. */
export function fixture(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}

export function fixtureNames(): readonly string[] {
  return readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
}
