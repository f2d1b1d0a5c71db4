// A process of its own: as much of Telegram's Bot API as bots need to answer one person's `/mcp`, over and over.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { answerWith } from './measuring.js';
import { createPerson } from './one-person.js';

const ME = { id: 7100000001, is_bot: true, first_name: 'Bench', username: 'bench_mcp_bot' };
const ANA = { id: 5100000001, is_bot: false, first_name: 'Ana', username: 'ana' };
const CHAT = { id: ANA.id, type: 'private', first_name: 'Ana', username: 'ana' };
let nextUpdate = 1;
let waiting = [];
let polled;

const person = createPerson(() => {
  waiting.push(update());
  handOver();
});

function update() {
  const id = nextUpdate;
  nextUpdate += 1;
  const entities = [{ type: 'bot_command', offset: 0, length: 4 }];
  const message = { message_id: id, from: ANA, chat: CHAT, date: 1_790_000_000 + id, text: '/mcp', entities };
  return { update_id: id, message };
}

function handOver() {
  if (polled === undefined || waiting.length === 0) return;
  const answer = polled;
  polled = undefined;
  const batch = waiting;
  waiting = [];
  answer(batch);
}

function sent(payload) {
  person.answered(payload);
  return { message_id: nextUpdate + 1_000_000, from: ME, chat: CHAT, date: 1_790_000_000, text: 'x' };
}

const methods = {
  getMe: () => ME,
  getMyCommands: () => [],
  sendMessage: sent,
  getUpdates: () =>
    new Promise((resolve) => {
      polled = resolve;
      setImmediate(handOver);
    }),
};

async function answerRequest(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const method = methods[request.url.slice(request.url.lastIndexOf('/') + 1)];
  const result = method === undefined ? true : await method(body === '' ? {} : JSON.parse(body));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: true, result }));
}

const server = createServer(answerRequest);

answerWith(async ({ listen, commands }) => {
  if (listen === true) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { root: `http://127.0.0.1:${server.address().port}` };
  }
  return { payload: await person.says(commands) };
});
