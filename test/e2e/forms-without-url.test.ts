import { describe, expect, it } from 'vitest';
import { consent, typeCode } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import * as discord from '../threats/discord-scene.js';
import * as slack from '../threats/slack-scene.js';

const CONNECTED = '✓ files connected · 1 tool';
const NOT_THEIRS = 'That address belongs to no sign-in that you have open.';
const WITHOUT = { public_url: undefined };
const INTERVAL_MS = 5_000;

const slacks = slack.useSlack({ device: true });
const discords = discord.useDiscord({ device: true });

/** One person more than the one who signs in, to whom nothing of it is shown. */
interface Chat<P> {
  readonly gateway: RunningGateway;
  readonly ana: P;
  readonly ben: P;
}

const flow = (url: string, by: 'paste' | 'device'): object => ({
  mcp_servers: { files: { url, auth: 'oauth', oauth: { flow: by } } },
});

/** What a browser is left with is told to nobody but the gateway. */
function expectSecret(address: URL, ...told: readonly string[]): void {
  const code = address.searchParams.get('code') ?? '';
  expect(code).not.toBe('');
  for (const text of told) expect(text).not.toContain(code);
}

describe('Slack without a public URL', () => {
  async function chat(by: 'paste' | 'device') {
    const platform = await slacks.platform();
    const acme = platform.workspace('Acme');
    const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
    const words = { ...WITHOUT, ...slack.onlyFor(ana, ben), ...flow(slacks.scene.files.url, by) };
    const gateway = await slacks.gateway(platform, [acme], words);
    const where = { channel: acme.channel('team', [ana, ben]) };
    return { gateway, ana, ben, where } satisfies Chat<typeof ana> & { where: object };
  }

  it('takes the address by its form, in a channel, from who started alone, and connects', async () => {
    const { gateway, ana, ben, where } = await chat('paste');
    const asked = await slack.askedFor(ana, '/mcp auth files', where);
    expect(asked.text).toContain('The page at the end will not open.');
    expect(asked.text).toContain('give it with the button “Paste the address”.');
    const address = await consent(slack.linkIn(asked), { login: 'ana' });
    expect((await slack.answerTo(ben, `/mcp ${address.href}`, where)).text).toContain(NOT_THEIRS);
    await ana.fills('Paste the address', { Address: 'http://127.0.0.1/' }, where);
    await slack.untilSees(ana, 'That is not the address of the last page', where);
    expect(slacks.scene.provider.counts.token).toBe(0);
    await ana.fills('Paste the address', { Address: address.href }, where);
    await slack.untilSees(ana, CONNECTED, where);
    expect(slack.newest(ana, where).buttons).toEqual([]);
    // It is used once; whoever sends it again hears how it ended.
    expect((await slack.answerTo(ana, `/mcp ${address.href}`, where)).text).toContain('files connected');
    expect(slacks.scene.provider.counts.token).toBe(1);
    expect(new Set(slacks.scene.files.callers)).toEqual(new Set(['ana']));
    expectSecret(address, ana.seesAnywhere(), ben.seesAnywhere(), gateway.log.join('\n'));
  });

  it('shows a code to who asked alone, and connects once it was typed', async () => {
    const { gateway, ana, ben, where } = await chat('device');
    const asked = await slack.askedFor(ana, '/mcp auth files', where);
    expect(slack.linkIn(asked)).toBe(`${slacks.scene.provider.issuer}/device`);
    const code = /type ([A-Z]{4}-[A-Z]{4}) at/.exec(asked.text)?.[1] ?? '';
    // Only after a press can Slack's message for one person be changed.
    const { url = '' } = await ana.presses('Open page', where);
    await typeCode(url, code, { login: 'ana' });
    gateway.clock.advance(INTERVAL_MS);
    await slack.untilSees(ana, CONNECTED, where);
    expect(ben.seesAnywhere()).not.toContain(code);
    expect(new Set(slacks.scene.files.callers)).toEqual(new Set(['ana']));
  });
});

describe('Discord without a public URL', () => {
  async function chat(by: 'paste' | 'device') {
    const platform = await discords.platform();
    const [ana, ben] = [platform.person('Ana'), platform.person('Ben')];
    const where = platform.guild('Acme', [ana, ben]).channel('general');
    const words = { ...WITHOUT, ...discord.onlyFor(ana, ben), ...flow(discords.scene.files.url, by) };
    const gateway = await discords.gateway(platform, words);
    return { gateway, ana, ben, where } satisfies Chat<typeof ana> & { where: object };
  }

  it('takes the address by its form, in a channel, from who started alone, and connects', async () => {
    const { gateway, ana, ben, where } = await chat('paste');
    const asked = await discord.askedFor(ana, 'auth files', where);
    expect(discord.plain(asked.text)).toContain('give it with the button “Paste the address”.');
    const address = await consent(discord.linkIn(asked), { login: 'ana' });
    const form = discord.modalOf(await ana.presses('Paste the address', where));
    // A form of hers that he got hold of takes nothing from him.
    expect(discord.saidBy(await ben.submits(form, { Address: address.href }))).toBe(discord.NOT_YOURS);
    await discord.answerTo(ben, `confirm ${address.href}`, where);
    await discord.untilSees(ben, NOT_THEIRS, where);
    expect(discords.scene.provider.counts.token).toBe(0);
    await ana.submits(form, { Address: address.href });
    await discord.untilSees(ana, CONNECTED, where);
    expect(discord.newest(ana, where).buttons).toEqual([]);
    expect(new Set(discords.scene.files.callers)).toEqual(new Set(['ana']));
    expectSecret(address, ana.sees(where), ben.sees(where), gateway.log.join('\n'));
  });

  it('shows a code to who asked alone, and connects once it was typed', async () => {
    const { gateway, ana, ben, where } = await chat('device');
    const asked = await discord.askedFor(ana, 'auth files', where);
    const code = /type ([A-Z]{4}-[A-Z]{4}) at/.exec(discord.plain(asked.text))?.[1] ?? '';
    await typeCode(discord.linkIn(asked), code, { login: 'ana' });
    gateway.clock.advance(INTERVAL_MS);
    await discord.untilSees(ana, CONNECTED, where);
    expect(ben.sees(where)).not.toContain(code);
    expect(new Set(discords.scene.files.callers)).toEqual(new Set(['ana']));
  });
});
