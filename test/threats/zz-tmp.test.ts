import { it } from 'vitest';
import { signIn } from '/work/main/test/helpers/sign-in-browser.js';
import { useScene } from '/work/main/test/threats/scene.js';
const scene = useScene();
it('x', async () => {
  const gateway = await scene.gateway();
  const m = await gateway.visitor('mallory');
  const message = await m.say('/mcp auth files');
  await signIn(message.link);
  await m.untilSays(/connected · 1/, message);
  const t = Date.now();
  const c = gateway.app.connections.close.bind(gateway.app.connections);
  gateway.app.connections.close = async () => { console.log('before connections.close', Date.now() - t); await c(); console.log('connections closed', Date.now() - t); };
  const s = gateway.app.gateway.stop.bind(gateway.app.gateway);
  (gateway.app.gateway as any).stop = async () => { console.log('gw stop', Date.now() - t); await s(); console.log('gw stopped', Date.now() - t); };
  await gateway.stop();
  console.log('all', Date.now() - t);
});
