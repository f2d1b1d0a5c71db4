import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../src/auth/types.js';
import { SessionError, type SessionFailure, type SessionOptions } from '../../src/mcp/session-types.js';
import { httpServer } from '../helpers/configured-server.js';
import {
  type Answer,
  answered,
  failing,
  type Row,
  refusing,
  TOKEN,
  unanswered,
  unavailable,
  withoutToken,
} from './refusal-rows.js';
import { type SessionServer, type SessionServerOptions, startSessionServer } from './session-servers.js';
import { type Setup, setUp } from './setup.js';

const ANA = 'telegram:1';

let setup: Setup;
let server: SessionServer;
let kind: HttpServer['kind'];
/** Scopes that the next sign-in has to ask for, and servers whose authorization is looked up anew. */
let noted: string[];

beforeEach(() => {
  noted = [];
  setup = setUp(undefined, {
    challenges: {
      unauthorized: async (name) => void noted.push(name),
      insufficientScope: async (_key, scopes) => {
        noted.push(...scopes);
        return { scopes, exhausted: false };
      },
    },
  });
  setup.keeper.outcome = () => TOKEN;
  setup.keys.stored = { KEY: 'a-key' };
});

afterEach(async () => {
  await setup.close();
  await server.close();
});

async function open(as: 'http' | 'sse', line: 'v1' | 'sse', options?: SessionServerOptions): Promise<void> {
  kind = as;
  server = await startSessionServer(line, options);
}

type Refused = Pick<Row, 'keeper' | 'answer' | 'rest'>;

const configured = ({ rest }: Refused = {}) => httpServer(server.url, { kind, ...rest });
const look = async (row?: Refused) => (await setup.connections.probe(configured(row), ANA)).result;

async function call(row?: Refused, options?: SessionOptions): Promise<SessionFailure | undefined> {
  const session = setup.sessions.session({ server: configured(row), subject: ANA }, options);
  const error = await session.callTool('echo').then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(SessionError);
  return (error as SessionError).failure;
}

const named = (...rows: readonly (readonly Row[])[]) => rows.flat().map((row) => [row.name, row] as const);

const isAny = () => true;
const isPost = ({ method }: IncomingMessage) => method === 'POST';
const isGet = ({ method }: IncomingMessage) => method === 'GET';

function refuse({ keeper, answer }: Refused, isRefused: (request: IncomingMessage) => boolean = isAny): void {
  if (keeper !== undefined) setup.keeper.outcome = keeper;
  server.before = (request, response) => {
    if (answer === undefined || !isRefused(request)) return false;
    answer(request, response);
    return true;
  };
}

describe.each([
  ['Streamable HTTP', 'http', 'v1'],
  ['server-sent events', 'sse', 'sse'],
] as const)('over %s', (_name, as, line) => {
  beforeEach(() => open(as, line));

  it.each(named(withoutToken, refusing, unanswered))('tells of %s', async (_name, row) => {
    refuse(row);
    expect(await look(row)).toEqual(row.told.look);
    expect(await call(row)).toEqual(row.told.call);
  });

  it.each(
    named(
      refusing,
      unanswered.filter(({ name }) => /^\d/.test(name)),
    ),
  )('tells of %s to the first message', async (_name, row) => {
    refuse(row, isPost);
    expect(await look(row)).toEqual(row.told.look);
  });

  it.each(named(refusing, failing))('tells of %s to a later message', async (_name, row) => {
    let posts = 0;
    // Which line it speaks, its handshake, the end of that; then its tools.
    refuse(row, (request) => isPost(request) && ++posts > 3);
    expect(await look(row)).toEqual(row.told.look);
  });

  it.each(named(withoutToken, refusing))('tells of %s to a later call', async (_name, row) => {
    expect(await call({})).toBeUndefined();
    refuse(row, isPost);
    expect(await call(row)).toEqual(row.told.call);
  });

  it.each([
    [400, {}],
    [403, {}],
    [500, { uncertain: true }],
    [502, { uncertain: true }],
  ])(
    'says of a call that was answered with %i whether it may have been carried out',
    async (status, more) => {
      await call();
      refuse({ answer: answered(status) }, isPost);
      expect(await call()).toEqual({ ...unavailable('http-error').call, ...more });
    },
  );

  it('remembers which access is missing, for the next sign-in, and opens no session without it', async () => {
    refuse({
      answer: answered(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="a b"' }),
    });
    await look();
    expect([noted, server.opened()]).toEqual([['a', 'b'], 0]);
  });

  it('has what was found of its authorization looked up anew where it takes no token any more', async () => {
    refuse({ keeper: () => ({ kind: 'needs-sign-in', reason: 'refused' }) });
    await look();
    expect(noted).toEqual([configured().name]);
  });

  it('asks for the sign-in that is missing, and goes on once it is there', async () => {
    refuse({ keeper: () => ({ kind: 'needs-sign-in', reason: 'refused' }) });
    const asked: string[] = [];
    const recover: SessionOptions['recover'] = async ({ reason }) => {
      asked.push(reason);
      setup.keeper.outcome = () => TOKEN;
      return true;
    };
    expect(await call({}, { recover })).toBeUndefined();
    expect([asked, server.ran]).toEqual([['refused'], ['echo']]);
  });

  it('meets a server that answers 400 to whatever it does not know', async () => {
    let posts = 0;
    refuse({ answer: answered(400) }, (request) => isPost(request) && ++posts === 1);
    expect(await look()).toMatchObject({ kind: 'ready' });
  });

  it('tells of a protocol version that nobody knows as an error of the server', async () => {
    await server.close();
    await open(as, line, { protocolVersion: '2099-01-01' });
    expect(await look()).toEqual(unavailable('http-error').look);
  });
});

describe('a server of server-sent events that is configured as none', () => {
  it.each(named(refusing))('tells of %s to the older transport', async (_name, row) => {
    await open('http', 'sse');
    refuse(row, isGet);
    expect(await look(row)).toEqual(row.told.look);
  });
});

const EVENTS = { 'content-type': 'text/event-stream' };
const LOCAL = { host: '127.0.0.1' };

const naming = (endpoint: string): Answer => answered(200, EVENTS, `event: endpoint\ndata: ${endpoint}\n\n`);

const cut: Answer = (_request, response) => {
  response.writeHead(200, EVENTS).write(': hello\n\n', () => response.destroy());
};

describe('an event stream', () => {
  it.each<[string, Answer, ...Parameters<typeof unavailable>]>([
    ['that sends messages elsewhere', naming('https://elsewhere.example/'), 'http-error', LOCAL],
    ['that sends messages nowhere', naming('http://['), 'http-error', LOCAL],
    ['without content', answered(204, {}, ''), 'http-error'],
    ['that ends before it began', answered(200, EVENTS, ': hello\n\n'), 'unreachable', LOCAL],
    ['that is cut before it began', cut, 'unreachable', LOCAL],
  ])('%s is no failure of ours', async (_what, answer, ...failure) => {
    await open('sse', 'sse');
    refuse({ answer }, isGet);
    expect(await look()).toEqual(unavailable(...failure).look);
  });
});
