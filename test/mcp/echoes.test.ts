import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../src/auth/types.js';
import type { Log } from '../../src/observability/log.js';
import { httpServer, placeholder } from '../helpers/configured-server.js';
import { json, type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { type Setup, setUp } from './setup.js';

const ANA = 'telegram:1';
const SECRET = 'sk-9.our/1';

let setup: Setup;
let server: ScriptedServer;
let logged: string;

beforeEach(async () => {
  logged = '';
  const keep = (facts: object, message: string): void => {
    logged += `${JSON.stringify(facts)} ${message}\n`;
  };
  const log: Log = { trace: keep, debug: keep, info: keep, warn: keep, error: keep };
  setup = setUp(undefined, { log });
  server = await startScriptedServer();
});

afterEach(async () => {
  await setup.close();
  await server.close();
});

type Request = {
  readonly id?: number;
  readonly method: string;
  readonly params?: { protocolVersion?: string };
};

/** What a server answers that repeats its `Authorization` wherever it has a word to say. */
function repeating({ method, params }: Request, said: string): object {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: said, version: '1' },
        },
      };
    case 'tools/list':
      return { result: { tools: [{ name: 'whoami', description: said, inputSchema: { type: 'object' } }] } };
    case 'tools/call':
      return { result: { content: [{ type: 'text', text: said }] } };
    default:
      return { error: { code: -32601, message: said } };
  }
}

/** JSON-RPC over plain JSON. */
function answering(answer: (request: Request, said: string) => object): void {
  const handle = async (request: IncomingMessage): Promise<[body: unknown, status: number]> => {
    if (request.method !== 'POST') return [{}, 405];
    const asked = JSON.parse(await text(request)) as Request;
    const said = `You are ${request.headers.authorization ?? 'nobody'}.`;
    return asked.id === undefined
      ? [{}, 202]
      : [{ jsonrpc: '2.0', id: asked.id, ...answer(asked, said) }, 200];
  };
  server.on('/mcp', (request, response) => {
    handle(request).then(
      ([body, status]) => json(body, status)(request, response),
      () => response.destroy(),
    );
  });
}

const ways: readonly (readonly [string, Partial<HttpServer>])[] = [
  [
    'of the environment',
    {
      headers: { Authorization: `Key ${placeholder('SHARED')}` },
      keys: [{ name: 'SHARED', value: SECRET }],
    },
  ],
  ['in the config', { headers: { Authorization: `Key ${SECRET}` } }],
  ['that is a token of the person', { auth: 'oauth' }],
];

describe.each(ways)('a server that repeats in good answers the key %s', (_what, rest) => {
  beforeEach(() => {
    if (rest.auth !== undefined) setup.keeper.outcome = () => ({ kind: 'token', accessToken: SECRET });
  });

  it('shows it to nobody: not as its name, not in its tools, not in what a tool says', async () => {
    answering(repeating);
    const tried = await setup.connections.tryTool(httpServer(`${server.origin}/mcp`, rest), ANA, 'whoami');
    const { result } = tried.probe;
    expect(result).toMatchObject({ kind: 'ready', tools: [{ name: 'whoami' }] });
    expect(tried.trial).toMatchObject({ kind: 'answered', text: expect.stringContaining('You are') });
    expect(JSON.stringify(tried)).not.toContain(SECRET);
  });

  it('shows it to nobody, and not to the log, as an error within a good answer', async () => {
    answering((_request, said) => ({ error: { code: -32000, message: said } }));
    const { result } = await setup.connections.probe(httpServer(`${server.origin}/mcp`, rest), ANA);
    expect(result).toMatchObject({
      kind: 'unreachable',
      failure: { detail: expect.stringContaining('You are') },
    });
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(logged).toContain('probe failed');
    expect(logged).not.toContain(SECRET);
  });
});
