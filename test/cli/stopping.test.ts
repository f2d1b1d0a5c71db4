import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { expect, it } from 'vitest';
import { gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { WebVisitor } from '../helpers/web-visitor.js';

it('SIGTERM ends it within ten seconds with exit code 0, whatever hangs: a server, a page that is never sent, a chat that listens', async () => {
  const asked: string[] = [];
  const hanging = createServer((request) => void asked.push(request.url ?? ''));
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  const home = await gatewayFolder({
    access: { users: ['web:ana'] },
    platforms: { web: { people: ['ana'] } },
    mcp_servers: { slow: { url: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/mcp` } },
  });
  const program = new Program(['start'], { cwd: home.folder });
  const half = new Socket().on('error', () => undefined);
  try {
    await program.untilSays('Ctrl-C stops it.');
    const ana = await WebVisitor.open(home.localUrl, 'ana');
    const answer = await ana.say('/mcp test slow');
    expect(answer.text).toContain('slow: connecting…');
    await expect.poll(() => asked.length).toBeGreaterThan(0);
    await new Promise<void>((resolve) =>
      half.connect(Number(new URL(home.publicUrl).port), '127.0.0.1', resolve),
    );
    half.write('POST /connect/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of');
    const sinceMs = performance.now();
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(performance.now() - sinceMs).toBeLessThan(10_000);
    ana.close();
  } finally {
    half.destroy();
    await program.kill();
    hanging.closeAllConnections();
    hanging.close();
    await once(hanging, 'close');
    await home.remove();
  }
});
