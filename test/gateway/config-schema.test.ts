import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/gateway/config/json-schema.js';
import { loadConfig } from '../../src/gateway/config.js';
import { mistakesIn } from './config-cases.js';

const inRoot = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly additionalProperties?: boolean | Described;
  readonly anyOf?: readonly Described[];
  readonly items?: Described;
}

/** Every key below `schema`, with its own schema. */
function keysBelow(schema: Described, path: string): readonly (readonly [string, Described])[] {
  const { properties = {}, additionalProperties, anyOf = [], items } = schema;
  const inner = [additionalProperties, items, ...anyOf].filter((part) => typeof part === 'object');
  return [
    ...Object.entries(properties).flatMap(([key, part]) => [
      [`${path}.${key}`, part] as const,
      ...keysBelow(part, `${path}.${key}`),
    ]),
    ...inner.flatMap((part) => keysBelow(part, path)),
  ];
}

describe('config.schema.json', () => {
  it('is what the schema in the source generates', async () => {
    expect(JSON.parse(await readFile(inRoot('config.schema.json'), 'utf8'))).toEqual(configJsonSchema());
  });

  it('describes every key', () => {
    const keys = keysBelow(configJsonSchema() as Described, '');
    expect(keys.length).toBeGreaterThan(50);
    expect(keys.filter(([, { description }]) => !description).map(([path]) => path)).toEqual([]);
  });

  it('tells editors the defaults', () => {
    const { properties } = configJsonSchema() as { properties: Record<string, { default?: unknown }> };
    expect(properties.listen?.default).toBe('127.0.0.1:8787');
    expect(properties.local_listen?.default).toBe('127.0.0.1:8788');
    expect(properties.storage?.default).toBe('file:./state');
  });

  it('lets editors take variables where numbers and booleans are due', () => {
    const server = keysBelow(configJsonSchema() as Described, '').find(([path]) =>
      path.endsWith('.connect_timeout'),
    );
    expect(server?.[1].anyOf).toEqual([
      expect.objectContaining({ type: 'number' }),
      expect.objectContaining({ type: 'string', pattern: '\\$\\{' }),
    ]);
  });
});

describe('config.example.yaml', () => {
  it('is valid as it stands, with nothing in the environment, and gives no warning', async () => {
    const outcome = await loadConfig(inRoot('config.example.yaml'), {});
    expect(outcome).toMatchObject({ kind: 'ok', warnings: [] });
  });

  it('names its schema in the first line, for editors', async () => {
    const [first] = (await readFile(inRoot('config.example.yaml'), 'utf8')).split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./config.schema.json');
  });

  it('shows every block and every key of a server, at least in a comment', async () => {
    const text = await readFile(inRoot('config.example.yaml'), 'utf8');
    const shown = keysBelow(configJsonSchema() as Described, '')
      .filter(([, { description }]) => description !== 'Of other agents; has no effect here.')
      .map(([path]) => path.split('.').at(-1) ?? '');
    expect(shown.filter((key) => !new RegExp(`\\b${key}:|\`${key}\`|\\b${key} \\(`).test(text))).toEqual([]);
  });

  it('stays valid when its commented lines are taken in', async () => {
    const text = (await readFile(inRoot('config.example.yaml'), 'utf8'))
      .replaceAll(
        /^( *)# ((?:client_secret|redirect_uri|redirect_port|issuer|cwd|env|public_url|encryption_key|signing_secret|workspaces|guilds|channels):(?= |$))/gm,
        '$1$2',
      )
      .replaceAll(/^( {4})# {3}(EXAMPLE_KEY: )/gm, '$1  $2');
    expect(text).toContain('\n      EXAMPLE_KEY: ');
    expect(
      mistakesIn(text, {
        NOTES_CLIENT_SECRET: 's',
        ENCRYPTION_KEY: 'k'.repeat(32),
        SLACK_SIGNING_SECRET: '0123456789abcdef'.repeat(2),
      }),
    ).toEqual([]);
  });
});
