import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatMistakes, mistakeSentence, parseConfig } from '../../src/gateway/config.js';
import { IssuedSecrets } from './issued-secrets.js';

interface Pasted {
  readonly what: string;
  readonly secret: string;
  /** How it is pasted, where something stands around it. */
  readonly as?: (secret: string) => string;
}

const PASSWORD = 'hunter2-Zx9-hunter3';
/** As what people paste is shaped. All made up. */
const PASTED: readonly Pasted[] = [
  { what: 'a Telegram bot token', secret: '7312345678:AAE5xyz_Zx9-Qw3rTy8uIoPaSdFgHjKlZxCv' },
  {
    what: 'a Discord bot token',
    secret: 'MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789',
  },
  { what: 'a Slack bot token', secret: 'xoxb-1234567890-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx' },
  { what: 'a Slack app token', secret: 'xapp-1-A012345678-1234567890123-0123456789abcdef0123456789abcdef' },
  { what: 'a signing secret', secret: '8f742231b10e8888abcd99yyyzzz85a5' },
  { what: 'an API key in parts', secret: 'sk-live-7f3a9c1e5b2d8f406a' },
  { what: 'an opaque token', secret: 'w9_Zk-3fQ7bT_x1LmN-8pRs2Vy_Dh5Gc-J4a6Ue0' },
  { what: 'one with few digits', secret: 'AvSxTHZfDOOZAosVLr_qWmKtYbNcRpHg' },
  { what: 'a JWT', secret: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbmEifQ.MEUCIQDx-7f3a9c1e5b2d8f406aTb_Qz9W' },
  { what: 'what openssl prints', secret: 'q3+Zx9/Kt5mB1vYw8uRf/2LsHj6NcPaE0dGoTiXkMbQ=' },
  { what: 'a password in a URL', secret: PASSWORD, as: (it) => `redis://ana:${it}@db.internal:6379/0` },
  { what: 'a password before a host', secret: PASSWORD, as: (it) => `mysql://ana:${it}@db.internal/mcp` },
  { what: 'a key in a query', secret: PASSWORD, as: (it) => `https://a.example/mcp?api_key=${it}` },
  { what: 'a header', secret: 'correct-horse-battery', as: (it) => `Bearer ${it}` },
];

type Node = Readonly<Record<string, unknown>> | readonly unknown[];
const EXAMPLE = parse(readFileSync(new URL('../../config.example.yaml', import.meta.url), 'utf8')) as Node;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** The example's config with this in the place of each of its values, one at a time, and as another key of each block. */
function* spoilt(node: Node, secret: string): Generator<unknown> {
  for (const [name, value] of Object.entries(node)) {
    const put = (part: unknown) =>
      Array.isArray(node) ? node.with(Number(name), part) : { ...node, [name]: part };
    yield put(secret);
    if (isNode(value)) for (const part of spoilt(value, secret)) yield put(part);
  }
  yield Array.isArray(node) ? [...node, secret] : { ...node, [secret]: 'x' };
}

describe('threat 15: a secret that was pasted where it does not belong is in no mistake and no warning', () => {
  it.each(PASTED)('$what', ({ secret, as = String }) => {
    const secrets = new IssuedSecrets();
    secrets.note('API key', secret);
    let told = 0;
    for (const config of spoilt(EXAMPLE, as(secret))) {
      const outcome = parseConfig(JSON.stringify(config), { file: 'config.yaml', environment: {} });
      const said = outcome.kind === 'mistakes' ? outcome.mistakes : outcome.warnings;
      if (said.length === 0) continue;
      told += 1;
      secrets.saw('verb', formatMistakes(said));
      secrets.saw('chat', said.map(mistakeSentence).join('\n'));
    }
    expect(told).toBeGreaterThan(40);
    expect(secrets.leaks()).toEqual([]);
  });
});
