import { expect, it } from 'vitest';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { httpServer, linkOf } from '../helpers/sign-in-rig.js';

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
