// A process of its own: an MCP server on the SDK's v1 line, with sessions, as most deployed ones; it answers with event
// streams, as the SDK does unless told otherwise, or with JSON.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { answerWith } from './measuring.js';

const TOKEN = 'Bearer bench-token';

function toolServer() {
  const server = new Server({ name: 'bench', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [{ name: 'echo', inputSchema: { type: 'object' } }],
  }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
    content: [{ type: 'text', text: String(params.arguments.text) }],
  }));
  return server;
}

async function listen(enableJsonResponse) {
  const sessions = new Map();
  const http = createServer(async (request, response) => {
    if (request.headers.authorization !== TOKEN) return response.writeHead(401).end();
    const known = sessions.get(request.headers['mcp-session-id']);
    if (known !== undefined) return await known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse,
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await toolServer().connect(transport);
    await transport.handleRequest(request, response);
  });
  http.keepAliveTimeout = 600_000; // a client's turn may be long ago
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return `http://127.0.0.1:${http.address().port}/mcp`;
}

answerWith(async () => ({ streams: await listen(false), json: await listen(true) }));
