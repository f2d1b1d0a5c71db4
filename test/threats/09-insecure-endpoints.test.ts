import { afterEach, describe, expect, it } from 'vitest';
import { useSocketFence } from '../helpers/socket-fence.js';
import { configured, type HostileAnswers, startHostileServer } from './hostile-server.js';
import { useScene } from './scene.js';

const scene = useScene();
const dialled = useSocketFence();

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

const SCHEMES = [
  'javascript:alert(document.domain)//',
  'JavaScript://auth.example/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'ftp://auth.example/',
  'ws://auth.example/',
  'http://auth.example/',
  'http://127.0.0.1.auth.example/',
  'http://localhost.auth.example/',
  'HTTP://AUTH.EXAMPLE/',
];

const NAMES = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'revocation_endpoint',
  'device_authorization_endpoint',
] as const;

/** Asks in the chat, and expects a sentence and nothing else to come of it. */
async function expectRefusal(answers: HostileAnswers): Promise<string> {
  const server = await startHostileServer(answers);
  closing.push(server);
  const gateway = await scene.gateway(configured(server));
  const vic = await gateway.visitor('vic');
  const message = await vic.say('/mcp auth files');
  expect(message.text).toMatch(/files: .+\./);
  expect(message.text).not.toMatch(/something went wrong|Error|undefined/);
  expect(message.links).toEqual([]);
  expect(dialled).toEqual([]);
  expect(server.requests).not.toContain('POST /register');
  expect(server.requests).not.toContain('POST /token');
  const store = await gateway.store();
  for (const name of ['pending', 'open', 'started', 'ended', 'registrations', 'credentials', 'discovery'])
    expect([name, await store.records(name).keys()]).toEqual([name, []]);
  return message.text;
}

describe('threat 9: a server’s metadata names endpoints that are neither https nor on this machine', () => {
  const cases = NAMES.flatMap((name) => SCHEMES.map((scheme) => [name, scheme] as const));

  it.each(cases)('%s %s: refused in the chat before anything is sent or shown', async (name, scheme) => {
    const text = await expectRefusal({ metadata: () => ({ [name]: scheme }) });
    expect(text).not.toContain(scheme);
    expect(text).not.toMatch(/alert|passwd|<script/);
  });

  it.each(SCHEMES)('the authorization server %s: likewise', async (scheme) => {
    await expectRefusal({ resource: () => ({ authorization_servers: [scheme] }) });
  });

  it.each(SCHEMES)('the resource’s metadata at %s: likewise', async (scheme) => {
    await expectRefusal({ challenge: () => scheme });
  });
});
