import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HttpPeer, json, startHttpPeer } from '../helpers/http-peer.js';
import { MARK, PUBLIC_ADDRESS } from '../helpers/odd-answers.js';
import { answerWith, anyAnswers } from '../helpers/odd-provider.js';
import { useGateways } from '../helpers/running-gateway.js';
import { type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { openPage } from '../helpers/sign-in-browser.js';
import { useSocketFence } from '../helpers/socket-fence.js';

const RUNS = 30;

const start = useGateways();
const dialled = useSocketFence();
let peer: ScriptedServer;
let victim: HttpPeer;

beforeEach(async () => {
  peer = await startScriptedServer();
  victim = await startHttpPeer((_request, response) => json(response, 200, {}), '127.0.0.2');
});
afterEach(async () => {
  await peer.close();
  await victim.close();
});

/** What an MCP server itself answered to a look stands, as data, in `/mcp status` of that server. It is no metadata. */
const DETAIL_CELLS = /\{"cells":\["detail",(?:"(?:[^"\\]|\\.)*")\]\}/g;
const DETAIL_LINE = /^.*\bdetail\b.*$/gm;

it('threat 5: metadata of any shape, through the chat: a sentence or a link of ours, no word of it anywhere', async () => {
  // A server for each run: what was found for one is remembered.
  const names = Array.from({ length: RUNS }, (_, at) => `files${at}`);
  const running = await start({
    words: {
      access: { users: ['web:vic'] },
      platforms: { web: { people: ['vic'] } },
      mcp_servers: Object.fromEntries(
        names.map((name) => [name, { url: `${peer.origin}/${name}`, auth: 'oauth' }]),
      ),
    },
  });
  const vic = await running.visitor('vic');
  const left = [...names];
  const property = fc.asyncProperty(fc.integer(), async (seed) => {
    const name = left.shift() ?? 'files0';
    const path = `/${name}`;
    const [answers] = fc.sample(anyAnswers(peer.origin, victim.origin, path), { seed, numRuns: 1 });
    if (answers === undefined) throw new Error('no answers');
    answerWith(peer, answers, path);
    const message = await vic.say(`/mcp auth ${name}`);
    const [link] = message.links;
    const page = link === undefined ? '' : (await openPage(link)).html;
    const status = await vic.say(`/mcp status ${name}`);
    for (const shown of [page, message.text, status.text.replaceAll(DETAIL_LINE, '')]) {
      expect(shown).not.toContain(MARK);
      expect(shown).not.toMatch(/went wrong in this gateway|undefined|\[object/);
    }
    expect(victim.connections()).toBe(0);
    expect(dialled.filter((address) => address !== PUBLIC_ADDRESS)).toEqual([]);
  });
  // Not shrunk: there is a server for each run and no more. The seed says which answers they were.
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  expect(vic.everything.replaceAll(DETAIL_CELLS, '')).not.toContain(MARK);
});
