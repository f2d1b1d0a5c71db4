import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { shown } from './pages.js';
import { useScene } from './scene.js';

const scene = useScene();
const CONNECTED = /files connected · 1 tool/;
const HOUR_MS = 3_600_000;

/** Two replicas on one store behind one public address; the chat is the first one's. */
async function replicas(words: Readonly<Record<string, unknown>> = {}) {
  const first = await scene.gateway(words);
  const second = await scene.gateway(
    { platforms: {}, ...words },
    { stateFolder: first.stateFolder, publicUrl: first.url, clock: first.clock },
  );
  return { first, second };
}

function at({ url }: RunningGateway, callback: URL): URL {
  return new URL(callback.pathname + callback.search, url);
}

/** A sign-in of which the browser is about to come back. */
async function returning(gateway: RunningGateway) {
  const vic = await gateway.visitor('vic');
  const message = await vic.say('/mcp auth files');
  const { location, cookies } = await pressConnect(message.link);
  return { vic, message, cookies, callback: await consent(location, { login: 'vic' }) };
}

describe('threat 3: the way back is taken more than once', () => {
  it('of fifty callbacks at once over two replicas one redeems the code, the others say that it is used', async () => {
    const { first, second } = await replicas();
    const { vic, message, cookies, callback } = await returning(first);
    const pages = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        comeBack(at(index % 2 === 0 ? first : second, callback), cookies),
      ),
    );
    expect(scene.provider.counts.token).toBe(1);
    expect(pages.filter(({ text }) => text.includes('files is connected</'))).toHaveLength(1);
    const used = pages.filter(({ text }) => /link was already used|being finished/.test(text));
    expect(used).toHaveLength(49);
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
    await vic.untilSays(CONNECTED, message);
    expect(vic.messages).toHaveLength(1);
    expect(message.edits).toBeLessThanOrEqual(2);
    expect(await (await first.store()).records('credentials').keys()).toHaveLength(1);
    expect(scene.provider.counts).toMatchObject({ token: 1, revocation: 0 });
  });

  it('in a race between the right browser and others, one redeems the code, whoever it is', async () => {
    const { first, second } = await replicas();
    const { cookies, callback } = await returning(first);
    const pages = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        comeBack(at(index % 2 === 0 ? first : second, callback), index % 3 === 0 ? cookies : ''),
      ),
    );
    const winners = pages.filter(({ text }) => /files is connected<\/|One more step/.test(text));
    expect(winners).toHaveLength(1);
    expect(scene.provider.counts.token).toBe(1);
  });

  it('of ten confirmations at once one takes the quarantined tokens', async () => {
    const { first } = await replicas();
    const { vic, message, callback } = await returning(first);
    const digits = /\b(\d{3}) (\d{3})\b/.exec((await comeBack(callback)).text);
    const confirm = `/mcp confirm ${digits?.[1]}${digits?.[2]}`;
    await Promise.all(Array.from({ length: 10 }, () => vic.say(confirm)));
    await vic.untilSays(CONNECTED, message);
    const answers = vic.messages.filter((answer) => answer !== message);
    expect(answers).toHaveLength(10);
    expect(answers.filter(({ text }) => CONNECTED.test(text))).toHaveLength(1);
    expect(answers.filter(({ text }) => text.includes('No sign-in of yours waits'))).toHaveLength(9);
    expect(scene.provider.counts.token).toBe(1);
  });

  it('replayed minutes later it says what came of it; hours later it is a stranger’s; nothing is redeemed again', async () => {
    const { first, second } = await replicas();
    const { vic, message, cookies, callback } = await returning(first);
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
    await vic.untilSays(CONNECTED, message);
    const { edits } = message;
    for (const minutes of [0, 1, 15, 45]) {
      first.clock.advance(minutes * 60_000);
      for (const replica of [first, second]) {
        const again = await comeBack(at(replica, callback), cookies);
        expect(again.text).toContain('This link was already used');
        expect(shown(again.text)).not.toMatch(/vic|One more step/);
      }
    }
    first.clock.advance(HOUR_MS);
    for (const replica of [first, second]) expect((await comeBack(at(replica, callback))).status).toBe(400);
    first.clock.advance(240 * HOUR_MS);
    expect((await comeBack(callback, cookies)).status).toBe(400);
    expect(scene.provider.counts).toMatchObject({ token: 1, revocation: 0 });
    expect(message.edits).toBe(edits);
    expect(vic.messages).toHaveLength(1);
  });

  it('with another code it is used all the same: the code is not sent anywhere', async () => {
    const { first } = await replicas();
    const { cookies, callback } = await returning(first);
    await comeBack(callback, cookies);
    const other = new URL(callback);
    other.searchParams.set('code', 'another-code-for-the-same-state');
    expect((await comeBack(other, cookies)).text).toContain('already used');
    expect(scene.provider.counts.token).toBe(1);
  });
});
