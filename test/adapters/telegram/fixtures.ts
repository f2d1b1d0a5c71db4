import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/telegram/', import.meta.url);

/** Updates as Telegram sends them. */
export const FIXTURES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}
