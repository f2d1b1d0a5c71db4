import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import {
  buttonsOf,
  CONNECTED,
  callbacks,
  command,
  edits,
  lastOf,
  linkFor,
  posts,
  saidTo,
  signIn,
  useDiscordScene,
  wayBack,
} from './discord-scene.js';
import { type Balancer, useBalancers } from './telegram-balancer.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();
const PATH = '/webhooks/discord';

describe.skipIf(chromium === undefined)('Discord by HTTP interactions', () => {
  const scene = useDiscordScene(chromium);
  const startBalancer = useBalancers();

  const byHttp = (more: object = {}) => ({ ...scene.platforms({ mode: 'http' }), ...more });

  async function saved(url: string): Promise<void> {
    const save = () => scene.discord.interactions.setUrl(`${url}${PATH}`);
    await expect.poll(save).toEqual({ saved: true });
  }

  /** Two replicas on one store behind one public address. */
  async function replicas(more: object = {}): Promise<{
    readonly balancer: Balancer;
    readonly first: RunningGateway;
    readonly second: RunningGateway;
  }> {
    const balancer = await startBalancer();
    const publicUrl = balancer.url;
    const first = await scene.gateway(byHttp(more), { publicUrl });
    const { stateFolder } = first;
    const second = await scene.gateway(byHttp(more), { publicUrl, stateFolder });
    await expect.poll(async () => (await fetch(`${second.url}${PATH}`, { method: 'POST' })).status).toBe(401);
    balancer.leadTo(first.url);
    await saved(balancer.url);
    return { balancer, first, second };
  }

  it('takes a person through the same sign-in, and opens no Gateway connection', async () => {
    const { ana, ben, general, guild, discord } = scene;
    const { url } = await scene.gateway(byHttp());
    await saved(url);
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('● everything · sign-in needed');
    await command(ana, 'auth', general);
    const page = await signIn(await scene.browser(), await linkFor(ana, general));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(lastOf(ana, general).buttons).toEqual([]);
    expect(await wayBack(page)).toBe(`https://discord.com/channels/${guild.id}/${general.id}`);
    expect(discord.gateway.connections).toBe(0);
    expect(callbacks(discord)).toHaveLength(2);
    expect(edits(discord).length).toBeLessThanOrEqual(3);
    expect(posts(discord)).toEqual([]);
    expect(ben.sees(general)).toBe('');
  });

  it('tells the outcome once where the browser comes back to another replica than the one that was asked', async () => {
    const { ana, general, discord } = scene;
    const { balancer, second } = await replicas();
    await command(ana, 'auth everything', general);
    const page = await openConnect(await scene.browser(), await linkFor(ana, general));
    await goOn(page);
    balancer.leadTo(second.url);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(scene.provider.counts).toMatchObject({ registration: 1, token: 1 });
    expect(ana.messages(general)).toHaveLength(1);
    expect(posts(discord)).toEqual([]);
    expect(edits(discord).filter(({ body }) => JSON.stringify(body).includes('connected'))).toHaveLength(1);
  });

  it('does not mind which replica gets which request: commands, presses, forms, codes, callbacks', async () => {
    const { ana, ben, general, discord } = scene;
    const { balancer, first, second } = await replicas({ security: { confirm: 'always' } });
    balancer.leadTo(first.url, second.url);
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('sign-in needed');
    await expect.poll(() => buttonsOf(ana, general)).toContain('Sign in');
    await ana.presses('Sign in', general);
    const page = await signIn(await scene.browser(), await linkFor(ana, general));
    await expect.poll(() => buttonsOf(ana, general)).toContain('Enter code');
    const digits = ((await page.textContent('.digits')) ?? '').replace(/\D/g, '');
    await ana.fills('Enter code', { 'Six digits': digits }, general);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(ana.messages(general)).toHaveLength(1);
    expect(ben.sees(general)).toBe('');
    expect(posts(discord)).toEqual([]);
  });

  it('acts once on an interaction that Discord delivers again, to the other replica', async () => {
    const { ana, general, discord } = scene;
    const { balancer, second } = await replicas();
    await command(ana, 'auth everything', general);
    const link = await linkFor(ana, general);
    balancer.leadTo(second.url);
    for (const { id } of discord.sent) await discord.redeliver(String(id));
    await command(ana, 'help', general);
    await expect.poll(() => saidTo(ana, general)).toContain('What you can do');
    expect(await linkFor(ana, general)).toBe(link);
    expect(ana.messages(general)).toHaveLength(2);
    await signIn(await scene.browser(), link);
    await expect.poll(() => ana.messages(general).map(({ text }) => text)).toContain(CONNECTED);
    expect(scene.provider.counts.registration).toBe(1);
  });

  it('goes on where one replica is gone in the middle of a sign-in, and its window has closed', async () => {
    const { ana, ben, general, clock, discord } = scene;
    const { balancer, first, second } = await replicas({ security: { sign_in_lifetime: '60m' } });
    await command(ana, 'auth everything', general);
    const page = await openConnect(await scene.browser(), await linkFor(ana, general));
    await goOn(page);
    await first.stop();
    balancer.leadTo(second.url);
    clock.advance(16 * 60_000);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(posts(discord)).toHaveLength(1);
    expect(ben.sees(general) + ben.sees()).toBe('');
  });

  it('believes only what Discord signed, and lately', async () => {
    const { ana, general, clock, discord } = scene;
    const { url } = await scene.gateway(byHttp());
    await saved(url);
    await command(ana, 'help', general);
    const [payload = {}] = discord.sent;
    const { length } = discord.calls;
    const seconds = Math.floor(clock.now() / 1000);
    const altered = { ...payload, id: '1190350394018529999' };
    const bad = [
      { signature: 'stranger' },
      { signature: 'none' },
      { signature: '00' },
      { timestamp: seconds - 301 },
      // The clock goes on while these are sent.
      { timestamp: seconds + 360 },
      { timestampHeader: String(seconds + 1), timestamp: seconds },
    ] as const;
    for (const how of bad) expect((await discord.interactions.post(altered, how)).status).toBe(401);
    expect(discord.calls).toHaveLength(length);
    expect((await discord.interactions.post({ type: 1 })).body).toBe('{"type":1}');
  });
});
