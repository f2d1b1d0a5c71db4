import { expect, it } from 'vitest';
import { metadataAt, startScriptedProvider } from '../helpers/scripted-provider.js';
import { json } from '../helpers/scripted-server.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { createRig, httpServer, linkOf } from '../helpers/sign-in-rig.js';

const peers = useSignInPeers();
const ELSEWHERE = { browser: 'elsewhere', listed: true } as const;

it('a provider without codes gets the address instead', async () => {
  const rig = await peers.rig({ reachable: false });
  const { id } = linkOf(await rig.signIns.begin(rig.request('files', 'telegram:1', ELSEWHERE)));
  expect(await rig.signIns.look(id)).toMatchObject({ kind: 'pending', method: 'oauth', paste: true });
});

it('a code that the config insists on is a failure that says so', async () => {
  const oauth = { authorizeParameters: {}, flow: 'device' } as const;
  const rig = await peers.rig({ servers: [httpServer('files', peers.files.url, { oauth })] });
  const outcome = await rig.signIns.begin(rig.request('files', 'telegram:1', ELSEWHERE));
  const { host } = new URL(peers.provider.issuer);
  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'device-unsupported', host } });
});

it('a registration that is busy just now is no refusal of codes: nobody is sent another way for it', async () => {
  const peer = await startScriptedProvider();
  const codes = { device_authorization_endpoint: `${peer.origin}/device` };
  peer.on('/.well-known/oauth-authorization-server', json(metadataAt(peer.origin, codes)));
  peer.on('/register', json({}, 503));
  const rig = await createRig({ servers: [httpServer('files', `${peer.origin}/mcp`)], reachable: false });
  const begin = () => rig.signIns.begin(rig.request('files', 'telegram:1', ELSEWHERE));
  const { host } = new URL(peer.origin);
  expect(await begin()).toMatchObject({ kind: 'failed', failure: { code: 'http-error', host } });
  peer.on('/register', json({ error: 'invalid_client_metadata' }, 400));
  expect(await begin()).toMatchObject({ failure: { code: 'registration-refused', host } });
  expect(peer.requests.filter((request) => request === 'POST /register')).toHaveLength(3);
  await rig.close();
  await peer.close();
});

it('a provider that has moved the place of its codes is looked up anew', async () => {
  const peer = await startScriptedProvider();
  const movesTo = (path: string) => {
    const codes = { device_authorization_endpoint: `${peer.origin}${path}` };
    peer.on('/.well-known/oauth-authorization-server', json(metadataAt(peer.origin, codes)));
  };
  movesTo('/device-1');
  const code = { device_code: 'a', user_code: 'WDJB-MJHT', expires_in: 600 };
  peer.on('/device-2', json({ ...code, verification_uri: `${peer.origin}/type` }));
  const rig = await createRig({ servers: [httpServer('files', `${peer.origin}/mcp`)], reachable: false });
  const begin = () => rig.signIns.begin(rig.request('files', 'telegram:1', ELSEWHERE));
  expect(await begin()).toMatchObject({ kind: 'failed', failure: { code: 'bad-metadata' } });
  movesTo('/device-2');
  expect(linkOf(await begin()).url).toBe(`${peer.origin}/type`);
  await rig.close();
  await peer.close();
});
