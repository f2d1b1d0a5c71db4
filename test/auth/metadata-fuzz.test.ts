import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BeginOutcome } from '../../src/auth/sign-in/types.js';
import { failureSentence } from '../../src/gateway/wording.js';
import { failureText } from '../../src/http/pages/failure-sentences.js';
import { createPublicApp } from '../../src/http/server.js';
import { silentLog } from '../../src/observability/log.js';
import { fuzzing, reaching } from '../helpers/fuzzing.js';
import { type HttpPeer, startHttpPeer, json as victimSays } from '../helpers/http-peer.js';
import { MARK, PUBLIC_ADDRESS } from '../helpers/odd-answers.js';
import { answerWith, anyAnswers } from '../helpers/odd-provider.js';
import { type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, type Rig } from '../helpers/sign-in-rig.js';
import { useSocketFence } from '../helpers/socket-fence.js';

const dialled = useSocketFence();
let peer: ScriptedServer;
/** A service of this machine that nobody configured. */
let victim: HttpPeer;

beforeAll(async () => {
  peer = await startScriptedServer();
  victim = await startHttpPeer((_request, response) => victimSays(response, 200, {}), '127.0.0.2');
});
afterAll(async () => {
  await peer.close();
  await victim.close();
});

/** All that a person reads of it, in the chat and on pages. */
async function shown(rig: Rig, outcome: BeginOutcome): Promise<string> {
  if (outcome.kind === 'failed') {
    const page = failureText(outcome.failure, 'files');
    return [failureSentence(outcome.failure), page.sentence].join('\n');
  }
  const publicUrl = 'http://127.0.0.1:8787';
  const app = createPublicApp({ signIns: rig.signIns, publicUrl, parts: [], log: silentLog });
  const page = await app.fetch(new Request(outcome.url));
  expect(page.status).toBe(200);
  const pressed = await rig.signIns.press(outcome.id, rig.signIns.pageToken(outcome.id));
  if (pressed.kind !== 'redirect') throw new Error(`no redirect: ${pressed.kind}`);
  expect(pressed.location).toMatch(/^(https:\/\/|http:\/\/(127\.|localhost|\[::1\]))/);
  return `${outcome.url}\n${outcome.host}\n${await page.text()}`;
}

it('metadata and registrations of any shape: a sign-in begins or says why not, and nobody else is dialled', async () => {
  const met = { links: 0, failures: new Map<string, number>() };
  await fc.assert(
    fc.asyncProperty(anyAnswers(peer.origin, victim.origin), async (answers) => {
      answerWith(peer, answers);
      const rig = await createRig({ servers: [httpServer('files', `${peer.origin}/mcp`)] });
      try {
        const outcome = await rig.signIns.begin(rig.request('files'));
        if (outcome.kind === 'link') met.links += 1;
        else met.failures.set(outcome.failure.code, (met.failures.get(outcome.failure.code) ?? 0) + 1);
        const text = await shown(rig, outcome);
        expect(text).not.toContain(MARK);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]|undefined|\[object/u);
        if (outcome.kind === 'failed') expect(outcome.failure).not.toMatchObject({ code: 'internal' });
      } finally {
        await rig.close();
      }
      expect(victim.connections()).toBe(0);
      expect(dialled.filter((address) => address !== PUBLIC_ADDRESS)).toEqual([]);
    }),
    fuzzing('metadata', 300),
  );
  // The answers reach beyond the first check, or the property would say little.
  if (process.env.FUZZ_FIGURES) console.log(met);
  reaching(() => {
    expect(met.links).toBeGreaterThan(10);
    expect(met.failures.size).toBeGreaterThan(1);
  });
}, 180_000);
