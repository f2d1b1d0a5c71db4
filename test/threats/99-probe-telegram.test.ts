import { expect, it } from 'vitest';
import {
  answerTo,
  configuredKey,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const t = useTelegram();
it('basic', async () => {
  const api = await t.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const ben = api.person('Ben', { username: 'ben', started: false, client: 'old' });
  const team = api.group('Team', [ana, ben]);
  await t.gateway(api, onlyFor(ana, ben));
  console.time('a');
  await answerTo(ana, '/mcp auth files', team);
  await untilSees(ana, /sign in at/, team);
  console.timeEnd('a');
  console.log(ana.sees(team));
  console.log('---', ben.sees(team));
  for (let i = 0; i < 5; i++) await answerTo(ben, '/mcp', team);
  console.log('---', ana.sees(team));
});
it('no public url, two prompts', async () => {
  const api = await t.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const notes = await t.keyServer('key-0123456789abcdef');
  const other = await t.keyServer('key-other-9876543210');
  await t.gateway(api, {
    ...onlyFor(ana),
    ...NO_PUBLIC_URL,
    mcp_servers: { notes: configuredKey(notes), other: configuredKey(other, 'OTHER_KEY') },
  });
  await answerTo(ana, '/mcp auth notes');
  await ana.press('Add key');
  await untilSees(ana, 'Send me');
  const first = newest(ana);
  await answerTo(ana, '/mcp auth other');
  await ana.press('Add key');
  await untilSees(ana, 'OTHER_KEY');
  console.log(ana.sees());
  await ana.type('key-0123456789abcdef', { replyTo: first });
  await untilSees(ana, /did not accept|connected/);
  console.log('other server was shown', other.shown, 'notes', notes.shown);
  console.log(ana.sees());
});
