// As much of Telegram's Bot API as bots need until they fetch their first updates, which they wait for in vain.
import { once } from 'node:events';
import { createServer } from 'node:http';

const ME = { id: 7100000001, is_bot: true, first_name: 'Bench', username: 'bench_mcp_bot' };
const RESULTS = { getMe: ME, getMyCommands: [] };

/** `reached()` resolves when the next getUpdates has arrived. */
export async function startBotApi() {
  let arrived = () => {};
  const server = createServer((request, response) => {
    const method = request.url.slice(request.url.lastIndexOf('/') + 1);
    request.resume().once('end', () => {
      if (method === 'getUpdates') return arrived();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ok: true, result: RESULTS[method] ?? true }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    root: `http://127.0.0.1:${server.address().port}`,
    reached: () =>
      new Promise((resolve) => {
        arrived = resolve;
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
