import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import { recordFiles } from './records.js';
import { useScene } from './scene.js';

const scene = useScene();
const CONNECTED = /files connected · 1 tool/;

/** Overwrites every record of this collection, as a broken disk does. */
async function damage(gateway: RunningGateway, collection: string): Promise<void> {
  const paths = Object.keys(await recordFiles(gateway)).filter((path) =>
    path.includes(`/records/${collection}/`),
  );
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) await writeFile(path, 'no record');
}

async function pressed() {
  const gateway = await scene.gateway({
    mcp_servers: {
      files: { url: scene.files.url, auth: 'oauth' },
      other: { url: scene.files.url, auth: 'oauth' },
    },
  });
  const vic = await gateway.visitor('vic');
  const message = await vic.say('/mcp auth files');
  const { location, cookies } = await pressConnect(message.link);
  return { gateway, vic, message, cookies, callback: await consent(location, { login: 'vic' }) };
}

describe('threat 22: a damaged record of a sign-in under way', () => {
  it.each(['pending', 'open', 'started', 'browser', 'boards', 'registrations', 'discovery'])(
    'of the collection "%s" stops neither its person nor anybody else',
    async (collection) => {
      const { gateway, vic } = await pressed();
      await damage(gateway, collection);
      const mallory = await gateway.visitor('mallory');
      for (const person of [vic, mallory]) {
        expect((await person.say('/mcp')).text).toMatch(/files[\s\S]*other/);
        const message = await person.say('/mcp auth files');
        await signIn(message.link, { login: person.person });
        await person.untilSays(CONNECTED, message);
        expect((await person.say('/mcp cancel')).text).toContain('nothing to cancel');
      }
    },
  );

  it('ends it: its callback is refused with a page that says what to do, and its message says so too', async () => {
    const { gateway, vic, message, cookies, callback } = await pressed();
    await damage(gateway, 'pending');
    const page = await comeBack(callback, cookies);
    expect(page.status).toBe(400);
    expect(page.text).toContain('/mcp auth');
    await vic.untilSays('files: the link no longer works', message);
    expect(scene.provider.counts.token).toBe(0);
    gateway.clock.advance(60_000);
    await expect.poll(() => gateway.log.filter((line) => line.includes('was dropped')).length).toBe(1);
  });

  it('that waits for its code drops what it holds', async () => {
    const { gateway, vic, message, callback } = await pressed();
    const { text } = await comeBack(callback);
    await vic.untilSays('one step left', message);
    await damage(gateway, 'waiting');
    const digits = /\b\d{3} \d{3}\b/.exec(text)?.[0] ?? '';
    expect((await vic.say(`/mcp confirm ${digits}`)).text).toContain('No sign-in of yours waits');
    await vic.untilSays('files: the link no longer works', message);
  });

  it('makes its browser one that is not known: what it brings waits for its code', async () => {
    const { gateway, vic, message, cookies, callback } = await pressed();
    await damage(gateway, 'browser');
    expect((await comeBack(callback, cookies)).text).toContain('One more step');
    await vic.untilSays('one step left', message);
  });
});

describe('threat 22: a damaged credential', () => {
  it('is one row of one person; a new sign-in takes its place', async () => {
    const { gateway, vic, message, cookies, callback } = await pressed();
    await comeBack(callback, cookies);
    await vic.untilSays(CONNECTED, message);
    await damage(gateway, 'credentials');
    const list = await vic.say('/mcp');
    expect(list.text).toMatch(
      /files[\s\S]*the stored sign-in cannot be read[\s\S]*other[\s\S]*sign-in needed/,
    );
    expect((await vic.say('/mcp logout files yes')).text).toContain('cannot be read');
    const anew = await vic.say('/mcp auth files');
    await signIn(anew.link, { login: 'vic' });
    await vic.untilSays(CONNECTED, anew);
    expect((await vic.say('/mcp status files')).text).toContain('connected');
  });
});
