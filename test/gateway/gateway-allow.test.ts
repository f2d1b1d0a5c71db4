import { describe, expect, it } from 'vitest';
import { httpServer } from '../helpers/configured-server.js';
import { ana, ben, setUp } from '../helpers/gateway-setup.js';

const servers = ['open', 'payroll'].map((name) => httpServer(`https://${name}.example/mcp`, { name }));
const scene = () =>
  setUp(servers, {
    settings: { access: { users: ['web:ben'], admins: ['web:ana'], servers: { payroll: ['web:carl'] } } },
  });

describe('a server that is not there for somebody', () => {
  it('is in none of their lists, and is to every command as if it did not exist', async () => {
    const { say, adapter, connections } = await scene();
    await say('', ben);
    expect(adapter.text).toContain('open');
    expect(adapter.text).not.toContain('payroll');
    for (const command of ['status', 'auth', 'test', 'tools', 'logout', 'cancel']) {
      await say(`${command} payroll`, ben);
      expect(adapter.text).toContain('There is no server “payroll”.');
      await say(`${command} nowhere`, ben);
      expect(adapter.text).toContain('There is no server “nowhere”.');
    }
    await say('auth', ben);
    await say('payrol', ben);
    await say('test', ben);
    expect(adapter.text).not.toContain('payroll');
    expect(connections.probed).toContain('open');
    expect(connections.probed).not.toContain('payroll');
  });

  it('is not offered while they type', async () => {
    const { gateway } = await scene();
    expect(await gateway.complete(ben, ['auth', ''])).toEqual(['open']);
    expect(await gateway.complete(ana, ['auth', ''])).toEqual(['open', 'payroll']);
  });

  it('is there for admins', async () => {
    const { say, adapter } = await scene();
    await say('status payroll', ana);
    expect(adapter.text).toContain('payroll');
    expect(adapter.text).not.toContain('There is no server');
  });
});
