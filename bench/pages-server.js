// A process of its own that serves: the gateway's public routes, or bare node:http with the same bytes.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { answerWith, built } from './measuring.js';

/** The way of a listener that runs: its own socket, its own state folder with one sign-in that has ended. */
async function serveGateway({ folder, state }) {
  const { createApp } = await import(built('app/app.js'));
  const { parseConfig } = await import(built('gateway/config.js'));
  const { listenOn } = await import(built('http/listening.js'));
  const config = { storage: `file:${folder}`, mcp_servers: {} };
  const outcome = parseConfig(JSON.stringify(config), { file: 'bench', environment: {} });
  if (outcome.kind === 'mistakes') throw new Error(JSON.stringify(outcome.mistakes));
  await keepEnded(outcome.settings, state);
  const app = await createApp(outcome.settings);
  const { url } = await listenOn({ fetch: (request) => app.fetch(request) }, { host: '127.0.0.1', port: 0 });
  return { url };
}

/** As the callback that finished it has left it. */
async function keepEnded({ storage }, state) {
  const { openStore } = await import(built('storage/open.js'));
  const { addEnded, signInCollections } = await import(built('auth/sign-in/records.js'));
  const { fingerprint } = await import(built('auth/sign-in/browser-binding.js'));
  const { store } = await openStore(storage);
  const facts = {
    id: fingerprint(state),
    server: 'linear',
    subject: 'telegram:1',
    startedBy: 'telegram:1',
    account: { platform: 'Telegram', name: '@ana', backUrl: 'https://t.me/bench_bot' },
    origin: null,
  };
  const atMs = Date.now();
  await addEnded(
    signInCollections(store),
    { facts, atMs, result: { kind: 'connected', tools: 23 } },
    atMs + 600_000,
  );
  await store.close();
}

/** @param pages what to answer, by path and query */
async function serveBare({ pages }) {
  const server = createServer((request, response) => {
    const { status, headers, body } = pages[request.url];
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}` };
}

answerWith(async (question) => {
  if (question.serve === 'gateway') return await serveGateway(question);
  if (question.serve === 'bare') return await serveBare(question);
  return process.cpuUsage();
});
