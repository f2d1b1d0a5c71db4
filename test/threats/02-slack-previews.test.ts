import { describe, expect, it } from 'vitest';
import { signIn } from '../helpers/sign-in-browser.js';
import { recordFiles } from './records.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  heard,
  linkIn,
  onlyFor,
  untilSees,
  useSlack,
} from './slack-scene.js';

const slacks = useSlack();
const PREVIEW = { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' };

/** Without what the chat writes down a moment after a command. */
const signInsOf = (files: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(files).flatMap(([path, text]) => (path.includes('chat-slack') ? [] : [`${path} ${text}`]));

describe('threat 2: Slack looks at what is behind a link', () => {
  it('it is asked not to wherever it could, and finds links in buttons alone: none in texts or notifications', async () => {
    const notes = await slacks.keyServer();
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const here = { channel: acme.channel('team', [ana]) };
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { files: { url: slacks.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    for (const where of [undefined, here])
      for (const words of ['', 'auth files', 'auth notes', 'status files', 'help', 'nonsense'])
        await answerTo(ana, `/mcp ${words}`, where);
    await answerTo(ana, 'https://evil.example/ what is that?');
    await signIn(linkIn(await askedFor(ana, '/mcp auth files')));
    await untilSees(ana, 'files connected');
    const posts = slack.callsOf('chat.postMessage');
    expect(posts.length).toBeGreaterThan(6);
    for (const { params } of posts)
      expect(params).toMatchObject({ unfurl_links: false, unfurl_media: false });
    const said = slack.calls.filter(({ params }) => typeof params.text === 'string');
    expect(said.length).toBeGreaterThan(12);
    for (const { params } of said) expect(params.text).not.toMatch(/https?:|connect\//);
    for (const message of [...heard(ana), ...heard(ana, here)]) {
      expect(message.unfurled).toEqual([]);
      expect(message.links.filter((link) => link.startsWith(gateway.url))).toEqual([]);
    }
  });

  it('if it does all the same, as often as it likes, nothing is spent', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const here = { channel: acme.channel('team', [ana]) };
    const gateway = await slacks.gateway(slack, [acme], onlyFor(ana));
    const asked = await askedFor(ana, '/mcp auth files', here);
    const before = await recordFiles(gateway);
    for (const method of ['GET', 'HEAD'])
      for (let look = 0; look < 10; look += 1)
        expect((await fetch(linkIn(asked), { method, headers: PREVIEW })).status).toBe(200);
    expect(signInsOf(await recordFiles(gateway))).toEqual(signInsOf(before));
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
  });
});
