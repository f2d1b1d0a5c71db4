import fc from 'fast-check';
import { expect } from 'vitest';
import { createPublicApp, listenOn } from '../../src/http/server.js';
import { MARK } from '../helpers/odd-answers.js';
import { startScriptedProvider } from '../helpers/scripted-provider.js';
import { json } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, type Rig } from '../helpers/sign-in-rig.js';
import { type Exchange, exchange } from './exchange.js';
import { keptLog } from './serving.js';

/** Real sign-ins behind the real listener, and a provider that takes any code. */
export async function startFuzzScene() {
  const provider = await startScriptedProvider();
  provider.on('/token', json({ access_token: 'a1', token_type: 'Bearer' }));
  const keyed = { keys: [{ name: 'FILES_KEY' }], headers: { authorization: `Bearer \${FILES_KEY}` } };
  const rig = await createRig({
    servers: [
      httpServer('files', `${provider.origin}/mcp`),
      httpServer('keyed', `${provider.origin}/mcp`, keyed),
    ],
    verify: async () => ({ kind: 'works', tools: 1, proven: true }),
  });
  const log = keptLog();
  const app = createPublicApp({ signIns: rig.signIns, publicUrl: 'http://127.0.0.1:8787', parts: [], log });
  const listening = await listenOn(app, { host: '127.0.0.1', port: 0 });
  return {
    rig,
    log,
    url: listening.url,
    close: async () => {
      await listening.close();
      await rig.close();
      await provider.close();
    },
  };
}

export type FuzzScene = Awaited<ReturnType<typeof startFuzzScene>>;

let people = 0;

/** A sign-in of somebody new, as a chat starts it. */
export async function begun(rig: Rig, server: 'files' | 'keyed') {
  people += 1;
  const request = rig.request(server, `terminal:p${people}`);
  const { signIns } = rig;
  return linkOf(await (server === 'files' ? signIns.begin(request) : signIns.beginKeyForm(request)));
}

/** Whatever was asked: an answer that is no failure of ours, and says nothing of what was sent. */
export function expectCalm({ status, body, headers }: Exchange, { log }: FuzzScene): void {
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  expect(body.toLowerCase()).not.toContain(MARK);
  expect(JSON.stringify(headers)).not.toContain(MARK);
  expect(log.lines.filter((line) => line.includes('could not be answered') || line.includes(MARK))).toEqual(
    [],
  );
}

export async function expectAlive({ url }: FuzzScene): Promise<void> {
  expect((await exchange(`${url}/healthz`)).status).toBe(200);
}

/** Bytes as they may stand in a URL or a form: escaped well, badly, or not at all. */
export const escaped: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 24 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom(
    '%',
    '%zz',
    '%ff%fe',
    '%00',
    '+',
    '%0d%0a',
    '%c3%28',
    '%F0%9F',
    '&',
    '=',
    ';',
    '[]',
    '%2e%2e%2f',
  ),
  fc.constantFrom(MARK, `%3Cscript%3E${MARK}`, `@everyone%20${MARK}`, `${MARK}`.repeat(600)),
);
