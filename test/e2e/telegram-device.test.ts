import { describe, expect, it } from 'vitest';
import { typeCode } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { ShownMessage, TelegramPerson } from '../helpers/telegram/face.js';
import {
  answerTo,
  askedFor,
  linkIn,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  plain,
  untilSees,
  useTelegram,
} from '../threats/telegram-scene.js';

const telegram = useTelegram({ device: true });
const CONNECTED = '✓ files connected · 1 tool';
const INTERVAL_MS = 5_000;

interface Chat {
  readonly api: BotApi;
  readonly gateway: RunningGateway;
  readonly ana: TelegramPerson;
}

async function chat(words: object = {}): Promise<Chat> {
  const api = await telegram.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const gateway = await telegram.gateway(api, { ...NO_PUBLIC_URL, ...onlyFor(ana), ...words });
  return { api, gateway, ana };
}

const codeIn = ({ text }: ShownMessage): string => /type ([A-Z]{4}-[A-Z]{4}) at/.exec(plain(text))?.[1] ?? '';

async function codeFor(ana: TelegramPerson): Promise<{ readonly page: string; readonly code: string }> {
  const asked = await askedFor(ana, '/mcp auth files');
  expect(codeIn(asked)).not.toBe('');
  return { page: linkIn(asked), code: codeIn(asked) };
}

describe('Telegram without a public URL, where the provider has sign-ins by code', () => {
  it('shows the code and the page without it, and connects once it was typed there', async () => {
    const { ana, api, gateway } = await chat();
    const { page, code } = await codeFor(ana);
    expect(page).toBe(`${telegram.scene.provider.issuer}/device`);
    expect(plain(ana.sees())).toContain('The code works for 10 minutes more. Tell it to nobody.');
    await typeCode(page, code, { login: 'ana' });
    gateway.clock.advance(INTERVAL_MS);
    await untilSees(ana, CONNECTED);
    expect(newest(ana).buttons).toEqual([]);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
    expect(JSON.stringify(api.calls)).not.toContain('user_code=');
    expect(new Set(telegram.scene.files.callers)).toEqual(new Set(['ana']));
    expect(plain((await answerTo(ana, '/mcp')).text)).toContain('files');
    await untilSees(ana, '✓ files · 1 tool · connected');
  });

  it('counts down in few edits, says that it ran out, and tries again by one tap', async () => {
    const { ana, api, gateway } = await chat();
    await codeFor(ana);
    for (const minutes of [5, 4, 3, 2]) {
      gateway.clock.advance(minutes === 5 ? 300_000 : 60_000);
      await untilSees(ana, `The code works for ${minutes} minutes more.`);
    }
    gateway.clock.advance(120_000);
    await untilSees(ana, '✗ files: the code expired after 10 minutes.');
    expect(api.callsOf('editMessageText').length).toBeLessThanOrEqual(7);
    await ana.press('Try again');
    await untilSees(ana, 'The code works for 10 minutes more.');
  });

  it('says that Ana declined there', async () => {
    const { ana, gateway } = await chat();
    const { page, code } = await codeFor(ana);
    await typeCode(page, code, { answer: 'decline' });
    gateway.clock.advance(INTERVAL_MS);
    await untilSees(ana, '✗ files: you declined the request.');
    // What the sentence had no room for.
    await ana.type('/mcp status files');
    await untilSees(ana, /declined just now: access_denied, RFC 8628 §3\.5/);
    expect(gateway.log.find((line) => line.includes('access_denied'))).toContain('RFC 8628 §3.5');
  });

  it('ends by /mcp cancel, after which a typed code gives nothing', async () => {
    const { ana, gateway } = await chat();
    const { page, code } = await codeFor(ana);
    expect(plain((await answerTo(ana, '/mcp cancel')).text)).toBe('– files: cancelled');
    await typeCode(page, code);
    gateway.clock.advance(INTERVAL_MS * 2);
    await ana.type('/mcp');
    await untilSees(ana, 'files · sign-in needed');
    expect(telegram.scene.provider.counts.token).toBe(0);
    expect(telegram.scene.files.counts.passed).toBe(0);
  });

  it('goes on after a restart', async () => {
    const { ana, api, gateway } = await chat();
    const { page, code } = await codeFor(ana);
    await gateway.stop();
    await typeCode(page, code);
    const again = await telegram.gateway(
      api,
      { ...NO_PUBLIC_URL, ...onlyFor(ana) },
      { stateFolder: gateway.stateFolder, clock: gateway.clock },
    );
    again.clock.advance(INTERVAL_MS);
    await untilSees(ana, CONNECTED);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
  });
});

describe('a code that ran out while no gateway was there', () => {
  it('is said to have, by the next one', async () => {
    const { ana, api, gateway } = await chat();
    await codeFor(ana);
    await gateway.stop();
    gateway.clock.advance(3_600_000);
    const rest = { stateFolder: gateway.stateFolder, clock: gateway.clock };
    await telegram.gateway(api, { ...NO_PUBLIC_URL, ...onlyFor(ana) }, rest);
    await untilSees(ana, '✗ files: the code expired after 10 minutes.');
    expect(telegram.scene.provider.counts.token).toBe(0);
  });
});

describe('who is not shown a code (RFC 8628 §5.4)', () => {
  const auth = (flow?: string): object => ({
    files: {
      url: telegram.scene.files.url,
      auth: 'oauth',
      ...(flow === undefined ? {} : { oauth: { flow } }),
    },
  });
  const cases: readonly (readonly [string, object])[] = [
    ['where anyone may use the gateway', { access: { users: '*' } }],
    ['where each sign-in is to be confirmed', { security: { confirm: 'always' } }],
    ['where the config says paste', { flow: 'paste' }],
  ];
  it.each(cases)('anybody, %s', async (_where, { flow, ...words }: { flow?: string }) => {
    const { ana } = await chat({ ...words, mcp_servers: auth(flow) });
    const asked = await askedFor(ana, '/mcp auth files');
    expect(codeIn(asked)).toBe('');
    expect(plain(asked.text)).toContain('The page at the end will not open.');
    expect(telegram.scene.provider.counts.device).toBe(0);
  });

  it('anybody, where a browser comes back', async () => {
    const { ana } = await chat({ public_url: 'http://127.0.0.1:1' });
    expect(codeIn(await askedFor(ana, '/mcp auth files'))).toBe('');
    expect(telegram.scene.provider.counts.device).toBe(0);
  });

  it('is a matter of the config, which may say device with a public URL too', async () => {
    const { ana } = await chat({ public_url: 'http://127.0.0.1:1', mcp_servers: auth('device') });
    expect(codeIn(await askedFor(ana, '/mcp auth files'))).not.toBe('');
  });
});
