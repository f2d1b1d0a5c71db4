import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { answerTo, askedFor, heard, linkIn, onlyFor, untilSees, useSlack } from './slack-scene.js';

const slacks = useSlack();

const folderOf = ({ stateFolder }: RunningGateway): string => join(stateFolder, 'records', 'chat-slack');

/** What the adapter remembers, as the disk holds it: by file, without the first line, which names the record. */
async function remembered(gateway: RunningGateway): Promise<Readonly<Record<string, string>>> {
  const root = folderOf(gateway);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.record'))
    .map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    paths.map(async (path) => [path, (await readFile(path, 'utf8')).split('\n').slice(1).join('\n')]),
  );
  return Object.fromEntries(files);
}

/** Enough fields that no button holds their form: it is remembered. */
const MANY = Array.from(
  { length: 24 },
  (_, at) => `NOTES_KEY_${String(at).padStart(2, '0')}_${'X'.repeat(40)}`,
);

async function team() {
  const notes = await slacks.keyServer();
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
  const here = { channel: acme.channel('team', [ana, ben]) };
  const headers = Object.fromEntries(MANY.map((name) => [`X-${name}`, `\${${name}}`]));
  const gateway = await slacks.gateway(slack, [acme], {
    ...onlyFor(ana, ben),
    mcp_servers: {
      files: { url: slacks.scene.files.url, auth: 'oauth' },
      notes: { url: notes.url, headers },
    },
  });
  return { slack, acme, ana, ben, here, gateway };
}

describe('threat 16: what the Slack chat remembers, on a disk that somebody copies or changes', () => {
  it('is sealed: what edits messages, forms behind buttons, what was taken; its files are their owner’s alone', async () => {
    const { slack, acme, ana, here, gateway } = await team();
    await answerTo(ana, '/mcp auth notes', here);
    await askedFor(ana, '/mcp auth files', here);
    await ana.presses('Sign in', here);
    const kinds = async () =>
      [
        ...new Set(
          Object.keys(await remembered(gateway)).map((path) => path.slice(folderOf(gateway).length)),
        ),
      ].join(' ');
    for (const kind of ['button', 'way', 'taken']) await expect.poll(kinds).toContain(kind);
    const files = await remembered(gateway);
    for (const text of Object.values(files)) {
      expect(text).not.toMatch(/notes|_KEY|auth|words|hooks|actions|xoxb|127\.0\.0\.1/);
      expect(text).toMatch(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+\n$/);
    }
    for (const secret of [acme.botToken, slack.appToken, slack.signingSecret])
      expect(JSON.stringify(files)).not.toContain(secret);
    for (const path of Object.keys(files)) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folderOf(gateway))).mode & 0o777).toBe(0o700);
  });

  it('cannot be moved to somebody else: what edits Ana’s message, in the place of Ben’s, edits nothing', async () => {
    const { ana, ben, here, gateway } = await team();
    const [hers, his] = [
      await askedFor(ana, '/mcp auth files', here),
      await askedFor(ben, '/mcp auth files', here),
    ];
    await ana.presses('Sign in', here);
    await ben.presses('Sign in', here);
    const ways = async () =>
      Object.keys(await remembered(gateway)).filter((path) =>
        /way/.test(path.slice(folderOf(gateway).length)),
      );
    await expect.poll(async () => (await ways()).length).toBe(2);
    const paths = await ways();
    const hersAt = paths.find((path) => path.includes(ana.id.toLowerCase())) ?? '';
    const hisAt = paths.find((path) => path.includes(ben.id.toLowerCase())) ?? '';
    const [name = ''] = (await readFile(hisAt, 'utf8')).split('\n');
    const stolen = (await readFile(hersAt, 'utf8')).split('\n').slice(1);
    await writeFile(hisAt, [name, ...stolen].join('\n'));
    await signIn(linkIn(his), { login: 'ben' });
    await untilSees(ben, 'files connected');
    expect(ana.seesAnywhere()).not.toContain('files connected');
    expect(ana.sees(here)).toContain('sign in at');
    await signIn(linkIn(hers));
    await untilSees(ana, 'files connected');
  });

  it('that was damaged means nothing: buttons say so, and what is new works', async () => {
    const { ana, here, gateway } = await team();
    await answerTo(ana, '/mcp auth notes', here);
    for (const path of Object.keys(await remembered(gateway))) await writeFile(path, 'garbage\ngarbage\n');
    await ana.presses('Add key', here);
    await untilSees(ana, /That did not work just now|This button has expired/, here);
    expect(ana.modal).toBeUndefined();
    const before = heard(ana, here).length;
    await answerTo(ana, '/mcp auth notes', here);
    expect(heard(ana, here).length).toBeGreaterThan(before);
    await ana.presses('Add key', here);
    await expect.poll(() => ana.modal?.inputs.length).toBe(MANY.length);
  });
});
