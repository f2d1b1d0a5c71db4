import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rotateKeys } from '../../src/storage/sealing/rotate.js';
import { placeholder } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { linkIn } from '../helpers/program.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { type OwnPage, openPage, pressConnect, submit } from '../helpers/sign-in-browser.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import { digitsOn } from './pages.js';
import { useScene } from './scene.js';

const scene = useScene();
const [OLD, NEW] = ['the old key '.repeat(3), 'the new key '.repeat(3)];

let notes: KeyServer;
beforeAll(async () => {
  notes = await startKeyServer();
});
afterAll(() => notes.close());

const at = <T extends { readonly action: URL }>(page: T, { url }: RunningGateway): T => ({
  ...page,
  action: new URL(page.action.pathname, url),
});

/** Replicas on one store, each with the keys that it was started with. */
async function replicas() {
  const terminal = new TerminalVisitor('ana');
  const header = `Bearer ${placeholder('NOTES_KEY')}`;
  const servers = {
    files: { url: scene.files.url, auth: 'oauth' },
    notes: { url: notes.url, headers: { Authorization: header } },
  };
  const words = (keys: readonly string[]) => ({
    mcp_servers: servers,
    security: { encryption_key: keys },
  });
  const first = await scene.gateway(words([OLD]), { adapters: [terminal.adapter] });
  const beside = (...keys: readonly string[]) =>
    scene.gateway(
      { platforms: {}, ...words(keys) },
      { stateFolder: first.stateFolder, publicUrl: first.url, clock: first.clock },
    );
  return { first, terminal, beside };
}

/** The page with six digits, and the cookie of the browser that it is for. */
async function codePage(gateway: RunningGateway) {
  const vic = await gateway.visitor('vic');
  const message = await vic.say('/mcp auth files');
  await vic.untilSays('sign in at', message);
  const { location } = await pressConnect(message.link);
  const callback = await consent(location, { login: 'vic' });
  const shown = await fetch(callback);
  const cookie = shown.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const digits = digitsOn(await shown.text());
  const again = async ({ url }: RunningGateway) => {
    const reloaded = await fetch(new URL(callback.pathname + callback.search, url), { headers: { cookie } });
    return (await reloaded.text()).includes(`${digits.slice(0, 3)} ${digits.slice(3)}`);
  };
  return { again };
}

const statusOf = async (page: OwnPage): Promise<number> => (await submit(page)).status;

describe('threat 16: the sealing key is changed, one replica after the other, while pages are open', () => {
  it('they work at every replica that still knows the key that they were made with, and nowhere after that', async () => {
    const { first, terminal, beside } = await replicas();
    const connect = await openPage(linkIn(await terminal.ask('/mcp auth files', 'sign in at')));
    const keyForm = await openPage(linkIn(await terminal.ask('/mcp auth notes', 'give its key')));
    const code = await codePage(first);

    const both = await beside(NEW, OLD);
    expect(await statusOf(at(connect, both))).toBe(303);
    expect(await code.again(both)).toBe(true);
    const given = await submit(at(keyForm, both), { 'key:NOTES_KEY': notes.key });
    expect(await given.text()).toContain('notes is connected');
    const newer = await openPage(connect.url.href.replace(first.url, both.url));
    expect(newer.fields.token).not.toBe(connect.fields.token);

    await first.stop();
    const place = { kind: 'file', folder: first.stateFolder } as const;
    const rotated = await rotateKeys(place, { sealingKeys: [NEW, OLD], settleMs: 50, now: first.clock.now });
    expect(rotated).toMatchObject({ done: true });
    const last = await beside(NEW);
    expect(await statusOf(at(connect, last))).toBe(403);
    expect(await code.again(last)).toBe(false);
    expect(await statusOf(at(newer, last))).toBe(303);
  });
});
