import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { PageEvent } from '../../src/adapters/web/events.js';
import type { PageMessage } from '../../src/adapters/web/render.js';
import type { ChatAdapter, ChatGateway } from '../../src/gateway/types.js';

export const people = [
  { name: 'ana', displayName: 'Ana', note: 'admin' },
  { name: 'ben', displayName: 'Ben' },
];

export interface Served {
  readonly origin: string;
  readonly port: number;
  /** Stops the adapter, then the listener with every connection. */
  close(): Promise<void>;
}

/** The adapter on a real socket, at `port` where one is given. */
export async function serveAdapter(adapter: ChatAdapter, gateway: ChatGateway, port = 0): Promise<Served> {
  await adapter.start(gateway);
  const handle = adapter.http?.handle;
  if (handle === undefined) throw new Error('The adapter has no routes.');
  const address = await new Promise<{ info: AddressInfo; server: ReturnType<typeof serve> }>((listening) => {
    const where = { port, hostname: '127.0.0.1', overrideGlobalObjects: false };
    const server = serve({ fetch: handle, ...where }, (info) => listening({ info, server }));
  });
  return {
    origin: `http://127.0.0.1:${address.info.port}`,
    port: address.info.port,
    async close() {
      await adapter.stop();
      await new Promise((closed) => {
        address.server.close(closed);
        if ('closeAllConnections' in address.server) address.server.closeAllConnections();
      });
    },
  };
}

export type Events = AsyncGenerator<PageEvent, undefined>;

/** The page's events, as they come. */
export async function* readEvents(response: Response): Events {
  if (response.body === null) throw new Error('The answer has no body.');
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = `${rest}${chunk}`.split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part.slice(part.indexOf('data: ') + 6)) as PageEvent;
  }
  return undefined;
}

export function postJson(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mcp-chat': '1', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** What a page would get that is opened now. */
export async function hello(origin: string, cookie = ''): Promise<Extract<PageEvent, { type: 'hello' }>> {
  const events = readEvents(await fetch(`${origin}/chat/events`, { headers: { cookie } }));
  try {
    const { value } = await events.next();
    if (value?.type !== 'hello') throw new Error('The events did not begin with hello.');
    return value;
  } finally {
    await events.return(undefined);
  }
}

/** All the text of a message, links' addresses included. */
export function textOf(message: PageMessage): string {
  if (message.from === 'person') return message.text;
  const { title, aside = '', blocks, actions } = message.reply;
  const lines = blocks.flatMap((block) => (block.kind === 'table' ? block.lines : [block.line]));
  const buttons = [...actions, ...lines.flatMap(({ action }) => action ?? [])];
  const labels = buttons.map((action) =>
    action.kind === 'link' ? `${action.label} ${action.url}` : action.label,
  );
  return [title, aside, ...lines.flatMap(({ cells }) => cells), ...labels].join('\n');
}
