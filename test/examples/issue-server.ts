import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

function issues(): McpServer {
  const server = new McpServer({ name: 'issues', version: '1.0.0' });
  const inputSchema = { assignee: z.string().optional(), query: z.string().optional() };
  server.registerTool('list_issues', { description: 'Issues.', inputSchema }, ({ assignee, query }) => ({
    content: [{ type: 'text', text: `LIN-7 Fix the <door> (${assignee ?? `about ${query}`})` }],
  }));
  return server;
}

/** An MCP server with the one tool that the assistants call, as long as no model picks others. */
export async function startIssueServer(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const mcp = issues();
    const transport = new StreamableHTTPServerTransport({});
    response.on('close', () => void mcp.close());
    await mcp.connect(transport as Parameters<McpServer['connect']>[0]);
    await transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
