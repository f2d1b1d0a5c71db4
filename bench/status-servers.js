// A process of its own: MCP servers that answer, on the SDK's v1 line as most deployed ones, and sockets that accept and
// never answer.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { answerWith } from './measuring.js';

const tools = ['read', 'write', 'search'].map((name) => ({
  name,
  description: `To ${name}.`,
  inputSchema: { type: 'object' },
}));

/** Stateless: each request has a server of its own. */
async function answerRequest(request, response) {
  if (request.method !== 'POST') return response.writeHead(405).end();
  const server = new Server({ name: 'bench', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.on('close', () => server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response);
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}/mcp`;
}

const many = (count, make) => Promise.all(Array.from({ length: count }, make));

answerWith(async ({ answering, hanging }) => ({
  answering: await many(answering, () => listen(createServer(answerRequest))),
  hanging: await many(hanging, () => listen(createSocketServer(() => {}))),
}));
