import type { Server } from '../../../src/auth/types.js';
import type { Reply } from '../../../src/gateway/types.js';
import { setUp } from '../../helpers/gateway-setup.js';
import { httpServer, keyServer, keysView, oauthServer, oauthView, ready } from '../../helpers/memory-auth.js';
import { replyOf } from '../../helpers/recording-adapter.js';

const servers: readonly Server[] = [
  oauthServer('linear'),
  keyServer('github', 'GITHUB_TOKEN'),
  httpServer('files'),
];

type Scene = Awaited<ReturnType<typeof setUp>>;

const signedIn = ({ credentials, connections }: Scene): void => {
  credentials.hold(oauthView('web:ana', 'linear'));
  credentials.hold(keysView('web:ana', 'github', { GITHUB_TOKEN: 'ghp_…9f3c' }));
  for (const { name } of servers) connections.answers.set(name, ready(3));
};

async function said(line: string, prepare: (scene: Scene) => unknown = () => undefined): Promise<Reply> {
  const scene = await setUp(servers, { forms: false });
  await prepare(scene);
  await scene.say(line);
  const reply = replyOf(scene.adapter.last);
  await scene.gateway.stop();
  return reply;
}

/** What commands say by themselves, as a gateway says it. */
export async function gatewayScenes(): Promise<Readonly<Record<string, Reply>>> {
  return {
    'the question before signing out': await said('logout linear', signedIn),
    'the question before deleting a key': await said('logout github', signedIn),
    'signed out': await said('logout linear yes', signedIn),
    'signed out here only': await said('logout linear yes', (scene) => {
      signedIn(scene);
      scene.credentials.revocation = { kind: 'deleted-only', why: 'unsupported' };
    }),
    'a deleted key': await said('logout github yes', signedIn),
    'nothing to sign out of': await said('logout linear'),
    'nothing to sign in to': await said('auth', signedIn),
    'nothing to cancel': await said('cancel'),
    'nothing to confirm': await said('confirm 482913'),
    'a wrong code': await said('confirm 111111', async ({ say, signIns }) => {
      await say('auth linear');
      await signIns.waitForCode(signIns.idOf('linear'), '482913');
    }),
  };
}
